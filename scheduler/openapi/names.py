"""How calls are called in clients that are made of the document."""

import re

from scheduler.http.route import Route

VERSION = "/v1"

# By the first part of the path; what it lists in the plural, and how one is called.
_NOUNS = {
    "jobs": "Job",
    "failedJobs": "FailedJob",
    "jobTypes": "JobType",
    "queues": "Queue",
    "limits": "Limit",
    "schedules": "Schedule",
    "batches": "Batch",
    "chains": "Chain",
    "redrives": "Redrive",
}
_TAGS = {
    **dict.fromkeys(
        ("signup", "login", "token", "refreshToken", "logout", "logoutEverywhere", ".well-known"),
        "accounts",
    ),
    **dict.fromkeys(("addJob", "addJobs"), "jobs"),
    **dict.fromkeys(("", "health", "metrics", "openapi.json"), "service"),
}


def tag_of(path: str) -> str:
    """Which calls it stands with: those about the same noun."""
    first = _parts(path)[0]
    return _TAGS.get(first, first)


def operation_id(route: Route, path: str) -> str:
    """`listJobs`, `getJob`, `cancelJob`: what a client calls its function.

    A route that is read is named after its path, another one after itself; a bare verb gets the
    noun of its path.
    """
    made = _of_read(route, path) if route.method == "GET" else _of_write(route, path)
    is_second_form = not path.startswith(VERSION) and path in ("/addJob", "/failedJobs")
    return f"{made}WithoutVersion" if is_second_form else made


def _of_read(route: Route, path: str) -> str:
    first, *others = _parts(path)
    if (noun := _NOUNS.get(first)) is None:
        return f"get{_camel(route.name)}"
    if not others:
        return f"list{first[0].upper()}{first[1:]}"
    return f"get{noun}{''.join(_camel(one) for one in others if not one.startswith('{'))}"


def _of_write(route: Route, path: str) -> str:
    noun = _NOUNS.get(_parts(path)[0], "")
    name = _camel(route.name) + ("" if "_" in route.name else noun)
    return name[0].lower() + name[1:]


def _parts(path: str) -> list[str]:
    return path.removeprefix(VERSION).strip("/").split("/")


def _camel(name: str) -> str:
    return "".join(one[0].upper() + one[1:] for one in re.split(r"[_.-]", name) if one)
