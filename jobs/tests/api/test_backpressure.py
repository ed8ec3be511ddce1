"""A queue that is too deep takes no more from clients; from Django code it does."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.broker import get_broker
from jobs.models import Job
from jobs.services import backpressure
from jobs.services.enqueue import job_enqueue
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

NOTE: dict[str, Any] = {"type": "tests.note", "payload": {"text": "hello"}}
BULK: dict[str, Any] = {**NOTE, "queue": "bulk"}


@pytest.fixture
def client() -> APIClient:
    return client_of(make_user())


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    backpressure._depths.forget()
    yield
    backpressure._depths.forget()


@pytest.fixture
def always_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call asks how deep the queue is."""
    monkeypatch.setattr(backpressure, "KNOWN_SECONDS", 0.0)


@pytest.mark.usefixtures("always_asked")
def test_a_full_queue_is_refused_until_there_is_room(client: APIClient, settings: Settings) -> None:
    settings.JOBS_QUEUE_DEPTH_MAX = ["default:2"]
    assert [client.post("/addJob", NOTE).status_code for _ in range(2)] == [202, 202]

    refused = client.post("/addJob", NOTE)

    body = problem(refused, 503, "backpressure")
    assert "queue default has 2 jobs" in body["detail"]
    assert int(refused["Retry-After"]) > 0
    assert client.post("/addJob", BULK).status_code == 202
    assert Job.objects.count() == 3
    get_broker().fetch(["default"], 1)
    assert client.post("/addJob", NOTE).status_code == 202


@pytest.mark.usefixtures("always_asked")
def test_of_many_each_is_refused_alone_and_of_all_or_none_all(
    client: APIClient, settings: Settings
) -> None:
    settings.JOBS_QUEUE_DEPTH_MAX = ["1"]
    client.post("/addJob", NOTE)

    results = client.post("/addJobs", {"jobs": [NOTE, BULK]}).json()["results"]
    assert [one["status"] for one in results] == [503, 202]
    assert results[0]["problem"]["code"] == "backpressure"

    together = client.post("/addJobs?atomic=true", {"jobs": [NOTE, {**NOTE, "queue": "emails"}]})
    problem(together, 503, "backpressure")
    wrong = client.post("/addJobs?atomic=true", {"jobs": [NOTE, {**NOTE, "queue": "none"}]})
    problem(wrong, 422, "jobs_refused")
    assert Job.objects.count() == 2


@pytest.mark.usefixtures("always_asked")
def test_it_is_not_stored_as_the_answer_of_a_call(client: APIClient, settings: Settings) -> None:
    settings.JOBS_QUEUE_DEPTH_MAX = ["1"]
    client.post("/addJob", NOTE)
    headers = {"Idempotency-Key": "k"}
    problem(client.post("/addJob", NOTE, headers=headers), 503, "backpressure")

    get_broker().forget_everything()

    assert client.post("/addJob", NOTE, headers=headers).status_code == 202


@pytest.mark.usefixtures("always_asked")
def test_django_code_is_not_refused(client: APIClient, settings: Settings) -> None:
    settings.JOBS_QUEUE_DEPTH_MAX = ["1"]
    client.post("/addJob", NOTE)

    assert job_enqueue(type="tests.note", payload={"text": "x"}).job_id
    assert client.post("/addJob", NOTE).status_code == 503


def test_a_process_asks_once_a_second(client: APIClient, settings: Settings) -> None:
    settings.JOBS_QUEUE_DEPTH_MAX = ["1"]

    assert [client.post("/addJob", NOTE).status_code for _ in range(5)] == [202] * 5
    backpressure._depths.forget()
    assert client.post("/addJob", NOTE).status_code == 503


@pytest.mark.usefixtures("redis_away")
def test_without_redis_jobs_are_accepted(client: APIClient, settings: Settings) -> None:
    settings.JOBS_QUEUE_DEPTH_MAX = ["1"]

    assert [client.post("/addJob", NOTE).status_code for _ in range(3)] == [202] * 3
