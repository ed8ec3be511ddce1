"""The OpenAPI document says everything that is served, and nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema

from accounts.scopes import SCOPES
from jobs.handlers.registry import job_types
from scheduler.http.routes import ROUTES
from scheduler.openapi.calls import CALLS
from scheduler.openapi.codes import CODES
from scheduler.openapi.document import openapi_document
from scheduler.openapi.operation import DocumentIncomplete, call_of
from scheduler.tests.http.served_routes import served
from tools.development.openapi_file import COMMAND, FILE, built_in_types, document_text


def resolved(document: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    """The response itself, wherever it stands."""
    reference = one.get("$ref", "")
    return document["components"]["responses"][reference.rpartition("/")[2]] if reference else one


METHODS = ("get", "post", "patch", "delete", "put")
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document(built_in_types())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def test_every_call_is_described() -> None:
    """The message says what to add."""
    for route in ROUTES:
        call_of(route.method, re.sub(r"<(\w+)>", r"{\1}", route.path))
    assert {one.name for one in ROUTES} == CALLS.keys()


def test_a_call_that_is_forgotten_is_told_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DocumentIncomplete, match=r"add a Route to scheduler/http/routes\.py"):
        call_of("GET", "/v1/nothing")
    monkeypatch.delitem(CALLS, "edit")
    with pytest.raises(DocumentIncomplete, match=r'"edit": Call\(.*scheduler/openapi/calls\.py'):
        call_of("PATCH", "/v1/jobs/{id}")


def test_every_url_pattern_is_in_the_document(document: dict[str, Any]) -> None:
    documented = {re.sub(r"{(\w+)}", r"<\1>", name) for name, _ in operations(document)}
    for call in served():
        method, path = call.split()
        assert {f"{method} {path}", f"{method} /v1{path}"} & documented, f"{call} is missing"
    assert {"POST /addJob", "POST /v1/addJob", "GET /failedJobs"} <= documented


def test_the_committed_file_is_as_the_code_has_it() -> None:
    assert FILE.read_text(encoding="utf-8") == document_text(), f"Run {COMMAND}."


def test_it_is_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    validate_schema(document)  # type: ignore[no-untyped-call]
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))
    assert references
    for reference in references:
        found: Any = document
        for part in reference.split("/"):
            found = found[part]


def test_every_status_of_the_table_is_there(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        method, path = name.split()
        route, _ = call_of(method, path)
        statuses = {int(status) for status in operation["responses"]}
        assert {*route.success, *route.refused, 429, 500, 503} <= statuses, name


def test_every_refusal_has_codes_that_are_explained(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            response = resolved(document, answer)
            problem = response.get("content", {}).get("application/problem+json")
            if int(status) in call_of(*name.split())[1].refusal_statuses and (
                call_of(*name.split())[1].refusal is not None
            ):
                continue  # a body of its own beside the problem
            if int(status) < 400:
                assert problem is None
                continue
            assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
            codes = response["x-codes"]
            assert codes, f"{name} {status} needs codes in scheduler/openapi/calls.py"
            for code in codes:
                assert code in CODES, (
                    f"{name} {status}: explain {code} in scheduler/openapi/codes.py"
                )
                assert f"`{code}`" in response["description"]
                assert f"`{code}`" in document["info"]["description"]


def test_every_call_with_a_version_may_refuse_what_it_does_not_know(
    document: dict[str, Any],
) -> None:
    """Members and query parameters, with a 400."""
    for name, operation in operations(document):
        if name.split()[1].startswith("/v1/"):
            assert "400" in operation["responses"], name


def test_names_read_well_in_clients(document: dict[str, Any]) -> None:
    names = {name: operation["operationId"] for name, operation in operations(document)}
    assert names["GET /v1/jobs"] == "listJobs"
    assert names["GET /v1/jobs/{id}"] == "getJob"
    assert names["POST /v1/jobs/{id}/cancel"] == "cancelJob"
    assert names["POST /v1/failedJobs/{id}/replay"] == "replayFailedJob"
    assert names["POST /v1/schedules/{id}/pause"] == "pauseSchedule"
    assert names["GET /failedJobs"] == "listFailedJobsWithoutVersion"
    assert {operation["tags"][0] for _, operation in operations(document)} >= {"accounts", "jobs"}


def test_links_lead_to_calls_that_take_what_they_hand_over(document: dict[str, Any]) -> None:
    by_id = {operation["operationId"]: operation for _, operation in operations(document)}
    links = [
        link
        for operation in by_id.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert links
    for link in links:
        taken = {one.get("name") for one in by_id[link["operationId"]]["parameters"]}
        assert link["parameters"].keys() <= taken


def test_scopes_are_told(document: dict[str, Any]) -> None:
    by_name = dict(operations(document))
    assert by_name["POST /v1/addJob"]["security"] == [
        {"bearerAuth": ["jobs:write"]},
        {"serviceAccount": ["jobs:write"]},
    ]
    assert by_name["POST /v1/login"]["security"] == []
    flow = document["components"]["securitySchemes"]["serviceAccount"]["flows"]
    assert flow["clientCredentials"]["scopes"].keys() == SCOPES.keys()


def test_bodies_take_no_unknown_member(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        variants = schema.get("oneOf", [schema])
        for variant in variants:
            one = schemas[variant["$ref"].rpartition("/")[2]] if "$ref" in variant else variant
            assert one["additionalProperties"] is False, name


def test_the_examples_of_job_types_fit_their_schemas(document: dict[str, Any]) -> None:
    media = document["paths"]["/v1/addJob"]["post"]["requestBody"]["content"]["application/json"]
    assert media["examples"].keys() == built_in_types().keys()
    for name, example in media["examples"].items():
        root = {
            "$schema": SCHEMA_DIALECT,
            "$ref": f"#/components/schemas/job.{name}",
            "components": document["components"],
        }
        jsonschema.validate(example["value"], root)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(example["value"] | {"unheard": "of"}, root)


@pytest.mark.parametrize("noun", ["Job", "Schedule"])
def test_the_types_of_a_submission_are_told_apart(document: dict[str, Any], noun: str) -> None:
    schemas = document["components"]["schemas"]
    schema = schemas[f"{noun}Submission"]
    assert schema["discriminator"]["propertyName"] == "type"
    assert schema["discriminator"]["mapping"].keys() == built_in_types().keys()
    assert len(schema["oneOf"]) == len(built_in_types())
    for name in built_in_types():
        variant = schemas[f"{noun.lower()}.{name}"]["properties"]
        assert variant["type"] == {"type": "string", "const": name}
        assert variant["payload"] == {"$ref": f"#/components/schemas/payload.{name}"}


def test_a_schedule_is_made_of_what_its_type_takes(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/schedules"]["post"]["requestBody"]["content"]
    assert body["application/json"]["schema"] == {"$ref": "#/components/schemas/ScheduleSubmission"}
    root = {"$schema": SCHEMA_DIALECT, "$ref": "#/components/schemas/ScheduleSubmission"}
    root["components"] = document["components"]
    made = {"name": "a", "cron": "@daily", "type": "send_email"}
    fitting = {"to": ["ann@example.com"], "subject": "a", "text": "b"}
    jsonschema.validate({**made, "payload": fitting}, root)
    for payload in ({}, {"email": "ann@example.com"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**made, "payload": payload}, root)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/openapi.json"])
def test_it_is_served_with_the_types_of_the_deployment(path: str) -> None:
    response = Client().get(path)

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    mapping = response.json()["components"]["schemas"]["JobSubmission"]["discriminator"]["mapping"]
    assert mapping.keys() == job_types.as_mapping().keys()
    assert response.json()["paths"]["/v1/addJob"]
