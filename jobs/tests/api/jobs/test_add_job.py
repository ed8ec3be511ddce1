"""`POST /addJob`: what is accepted, and how the acceptance looks."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.broker.redis import RedisBroker
from jobs.core.states import JobState
from jobs.models import Job
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db

NOTE = {"type": "tests.note", "payload": {"text": "hello"}}


def test_an_accepted_job_is_a_row_and_the_answer_names_it(api: APIClient, user: User) -> None:
    response = api.post("/addJob", NOTE)

    assert response.status_code == 202
    body = response.json()
    job = Job.objects.get(pk=body["id"])
    assert response["Location"] == body["links"]["self"] == f"/jobs/{job.pk}"
    assert set(body) == {
        "id", "type", "queue", "priority", "state", "run_at", "idempotency_key",
        "duplicate", "links",
    }  # fmt: skip
    assert (body["state"], body["queue"], body["duplicate"]) == ("queued", "default", False)
    assert (job.submitted_by_id, job.state) == (user.pk, JobState.QUEUED)
    assert job.payload["text"] == "hello"
    assert api.get(response["Location"]).json()["run_at"] == body["run_at"]


def test_every_option_is_taken(api: APIClient) -> None:
    options = {
        "queue": "bulk", "priority": 9, "max_retries": 25, "idempotency_key": " key 1 ",
        "run_at": (datetime.now(UTC) + timedelta(days=3)).isoformat(),
    }  # fmt: skip

    body = api.post("/addJob", NOTE | options).json()

    job = Job.objects.get(pk=body["id"])
    assert (job.queue, job.priority, job.max_retries) == ("bulk", 9, 25)
    assert job.idempotency_key == " key 1 "
    assert job.run_at.isoformat() == options["run_at"]


def test_null_counts_as_absent(api: APIClient) -> None:
    names = ("queue", "priority", "run_at", "delay", "max_retries", "idempotency_key")

    response = api.post("/addJob", NOTE | dict.fromkeys(names))

    assert response.status_code == 202
    assert response.json()["priority"] == 5


def test_a_delay_counts_from_now(api: APIClient) -> None:
    body = api.post("/addJob", NOTE | {"delay": 90.5}).json()

    ahead = datetime.fromisoformat(body["run_at"]) - datetime.now(UTC)
    assert timedelta(seconds=80) < ahead <= timedelta(seconds=91)


@pytest.mark.parametrize("run_at", ["2020-01-01T00:00:00Z", "2020-01-01T02:30:00+02:30"])
def test_a_moment_that_is_past_is_taken(api: APIClient, run_at: str) -> None:
    assert api.post("/addJob", NOTE | {"run_at": run_at}).status_code == 202


def test_text_of_any_language_survives(api: APIClient) -> None:
    text = 'naïve 東京 🚀 \\u0000 \u2028 "quoted"'

    # As most libraries write it: with escapes, the rocket as a surrogate pair.
    raw = json.dumps(NOTE | {"payload": {"text": text}}, ensure_ascii=True)
    response = api.post("/addJob", raw, content_type="application/json")

    assert response.status_code == 202
    assert Job.objects.get(pk=response.json()["id"]).payload["text"] == text


@pytest.mark.parametrize("path", ["/addJob", "/addJob/"])
def test_a_trailing_slash_changes_nothing(api: APIClient, path: str) -> None:
    assert api.post(path, NOTE).status_code == 202


def test_accepting_costs_one_query_for_the_user_and_one_insert(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2) as queries:
        api.post("/addJob", NOTE | {"idempotency_key": "k"})

    assert "accounts_user" in queries.captured_queries[0]["sql"]
    assert "INSERT" in queries.captured_queries[1]["sql"]


def test_the_same_key_again_gives_the_same_job(api: APIClient) -> None:
    first = api.post("/addJob", NOTE | {"idempotency_key": "order-1"})

    again = api.post("/addJob", NOTE | {"idempotency_key": "order-1", "payload": {"text": "new"}})

    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["duplicate"] is True
    assert again["Location"] == first["Location"]
    assert Job.objects.count() == 1


def test_a_key_belongs_to_one_client_and_one_type(api: APIClient, other_api: APIClient) -> None:
    keyed = NOTE | {"idempotency_key": "order-1"}

    responses = [
        api.post("/addJob", keyed),
        other_api.post("/addJob", keyed),
        api.post("/addJob", keyed | {"type": "tests.note_once"}),
    ]

    assert [response.status_code for response in responses] == [202] * 3
    assert len({response.json()["id"] for response in responses}) == 3


@pytest.mark.django_db(transaction=True)
def test_fifty_calls_at_once_with_one_key_make_one_job() -> None:
    client = client_of(make_user())

    def post(_: int) -> tuple[int, str]:
        try:
            response = client.post("/addJob", NOTE | {"idempotency_key": "order-1"})
            return response.status_code, response.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))

    assert len({job_id for _, job_id in answers}) == 1
    assert sorted(status for status, _ in answers) == [200] * 49 + [202]
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_accepted_job_is_rung(broker: RedisBroker) -> None:
    body = client_of(make_user()).post("/addJob", NOTE | {"priority": 7}).json()

    heads = broker.next_out(["default"])

    assert str(heads["default", 7]) == body["id"]


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
