"""Links of answers to the calls that they lead to: what was made, by its id."""

from typing import Any

from scheduler.openapi.names import VERSION

Schema = dict[str, Any]

# Calls that make or name something, where its id is in their answers, and where it is found.
_SOURCES = (
    ("addJob", "id", "jobs"),
    ("addJobWithoutVersion", "id", "jobs"),
    ("runSchedule", "id", "jobs"),
    ("replayFailedJob", "job_id", "jobs"),
    ("listJobs", "results/0/id", "jobs"),
    ("listFailedJobs", "results/0/id", "failedJobs"),
    ("addBatch", "id", "batches"),
    ("addChain", "id", "chains"),
    ("addSchedule", "id", "schedules"),
)


def add_links(paths: dict[str, Any]) -> None:
    """Adds to each answer of these calls a link to every call about the thing with that id."""
    by_id = {operation["operationId"]: operation for operation in _operations(paths)}
    for source, pointer, resource in _SOURCES:
        links = _links(paths, pointer, f"{VERSION}/{resource}/{{id}}")
        for status, response in by_id[source]["responses"].items():
            if status.startswith("2"):
                response["links"] = links


def _links(paths: dict[str, Any], pointer: str, prefix: str) -> Schema:
    return {
        operation["operationId"]: {
            "operationId": operation["operationId"],
            "parameters": {"id": f"$response.body#/{pointer}"},
        }
        for path, item in paths.items()
        if path == prefix or path.startswith(f"{prefix}/")
        for operation in _operations({path: item})
    }


def _operations(paths: dict[str, Any]) -> list[Schema]:
    return [
        one
        for item in paths.values()
        for one in item.values()
        if isinstance(one, dict) and "operationId" in one
    ]
