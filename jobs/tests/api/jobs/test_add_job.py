"""`POST /addJob`: what is accepted, and the receipt."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
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


@pytest.mark.parametrize(
    "run_at", ["2020-01-01T00:00:00Z", "2020-01-01t00:00:00z", "2020-01-01T02:30:00+02:30"]
)
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


@pytest.mark.django_db(transaction=True)
def test_an_accepted_job_is_dispatched(broker: RedisBroker) -> None:
    body = client_of(make_user()).post("/addJob", NOTE | {"priority": 7}).json()

    [fetched] = broker.fetch(["default"], 9)

    assert str(fetched.message.job_id) == body["id"]
    assert fetched.message.priority == 7
