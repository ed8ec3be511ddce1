"""`POST /addJob`: what is refused, with which code and which pointer."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import pointers, problem
from jobs.models import Job

pytestmark = pytest.mark.django_db

NOTE = {"type": "tests.note", "payload": {"text": "hello"}}


REFUSED: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # what is changed: (change, pointer, code of the problem, code of the error)
    "no payload": ({"payload": None}, "/payload", "invalid", "null"),
    "payload is a list": ({"payload": []}, "/payload", "invalid", "not_an_object"),
    "payload is a text": ({"payload": "{}"}, "/payload", "invalid", "not_an_object"),
    "type is null": ({"type": None}, "/type", "invalid", "null"),
    "type is empty": ({"type": ""}, "/type", "invalid", "blank"),
    "type is an object": ({"type": {}}, "/type", "invalid", "invalid"),
    "type is long": ({"type": "t" * 101}, "/type", "invalid", "max_length"),
    "unknown type": ({"type": "tests.nope"}, "/type", "unknown_job_type", "unknown"),
    "payload lacks a field": ({"payload": {}}, "/payload/text", "invalid_payload", "required"),
    "payload has a bad field": (
        {"payload": {"text": "a", "failures": "many"}},
        "/payload/failures", "invalid_payload", "invalid",
    ),
    "unknown queue": ({"queue": "defualt"}, "/queue", "unknown_queue", "unknown"),
    "queue is long": ({"queue": "q" * 64}, "/queue", "invalid", "max_length"),
    "priority above": ({"priority": 10}, "/priority", "invalid", "max_value"),
    "priority below": ({"priority": -1}, "/priority", "invalid", "min_value"),
    "priority is a word": ({"priority": "high"}, "/priority", "invalid", "invalid"),
    "priority is true": ({"priority": True}, "/priority", "invalid", "invalid"),
    "retries above": ({"max_retries": 26}, "/max_retries", "invalid", "max_value"),
    "retries below": ({"max_retries": -1}, "/max_retries", "invalid", "min_value"),
    "retries are huge": ({"max_retries": 10**300}, "/max_retries", "invalid", "max_value"),
    "delay below": ({"delay": -0.1}, "/delay", "invalid", "min_value"),
    "delay above": ({"delay": 1e9}, "/delay", "invalid", "max_value"),
    "delay is huge": ({"delay": 10**400}, "/delay", "invalid", "overflow"),
    "delay is a text": ({"delay": "10"}, "/delay", "invalid", "invalid"),
    "delay is nan in a text": ({"delay": "nan"}, "/delay", "invalid", "invalid"),
    "delay is true": ({"delay": True}, "/delay", "invalid", "invalid"),
    "run_at has no zone": ({"run_at": "2030-01-01T00:00:00"}, "/run_at", "invalid", "no_time_zone"),
    "run_at ends its line": ({"run_at": "2030-01-01T00:00:00Z\n"}, "/run_at", "invalid", "invalid"),
    "run_at in wide ones": ({"run_at": "\uff12030-01-01T00:00Z"}, "/run_at", "invalid", "invalid"),
    "run_at is a day": ({"run_at": "2030-01-01"}, "/run_at", "invalid", "no_time_zone"),
    "run_at is a number": ({"run_at": 1893456000}, "/run_at", "invalid", "invalid"),
    "run_at is far": ({"run_at": "9999-12-31T23:59:59-12:00"}, "/run_at", "invalid", "overflow"),
    "run_at is years ahead": ({"run_at": "2999-01-01T00:00Z"}, "/run_at", "invalid", "max_value"),
    "run_at is no moment": ({"run_at": "2030-02-30T00:00:00Z"}, "/run_at", "invalid", "invalid"),
    "both times": (
        {"run_at": "2026-01-01T00:00:00Z", "delay": 1}, "/delay", "invalid", "run_at_and_delay",
    ),
    "key is empty": ({"idempotency_key": ""}, "/idempotency_key", "invalid", "blank"),
    "key is long": ({"idempotency_key": "k" * 256}, "/idempotency_key", "invalid", "max_length"),
    "unknown field": ({"priorty": 3}, "/priorty", "invalid", "unknown_field"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(api: APIClient, name: str) -> None:
    change, pointer, problem_code, error_code = REFUSED[name]

    body = problem(api.post("/addJob", NOTE | change), 400, problem_code)

    assert pointers(body) == {pointer}
    assert body["errors"][0]["code"] == error_code
    assert not Job.objects.exists()


def test_a_misspelled_type_is_answered_with_the_name_that_was_meant(api: APIClient) -> None:
    body = problem(api.post("/addJob", NOTE | {"type": "tests.noet"}), 400, "unknown_job_type")

    assert "did you mean" in body["detail"]
    assert "tests.note" in body["detail"]


def test_a_strange_type_is_answered_with_the_names_there_are(api: APIClient) -> None:
    body = problem(api.post("/addJob", NOTE | {"type": "zzz"}), 400, "unknown_job_type")

    assert "send_email" in body["detail"]


def test_everything_that_is_wrong_is_said_at_once(api: APIClient) -> None:
    wrong = {"payload": {"text": "a"}, "priority": 11, "delay": -1, "a": 1, "b/~": 2}

    body = problem(api.post("/addJob", wrong), 400, "invalid")

    assert pointers(body) == {"/type", "/priority", "/delay", "/a", "/b~1~0"}
    assert "4 more" in body["detail"]
