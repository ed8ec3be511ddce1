"""Redis was demoted under a busy API: what is committed is accepted, in every thread."""

from typing import Any

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core import outage
from jobs.models import Job
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_user
from jobs.tests.refusing_redis import read_only_redis
from jobs.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, POSTS = 8, 15


def test_it_costs_no_thread_its_202(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every thread asks Redis every time: the pauses after a failure would keep most of them away.
    monkeypatch.setattr(outage, "BACKOFF_FIRST_SECONDS", 0.0)
    monkeypatch.setattr(outage, "BACKOFF_CAP_SECONDS", 0.0)
    monkeypatch.setattr(outage.broker_outage, "_backoff_seconds", 0.0)
    user = make_user()

    def post() -> list[int]:
        client = client_of(user)
        payload = {"type": "tests.note", "payload": {"text": "hello"}}
        return [client.post("/addJob", payload).status_code for _ in range(POSTS)]

    with read_only_redis():
        assert at_once(*[post] * THREADS) == [[202] * POSTS] * THREADS
    assert Job.objects.count() == THREADS * POSTS


def test_no_other_error_of_a_dispatch_costs_the_202(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*args: Any) -> None:
        raise ValueError("I/O operation on closed file.")

    monkeypatch.setattr(RedisBroker, "dispatch", stumble)
    response = client_of(make_user()).post(
        "/addJob", {"type": "tests.note", "payload": {"text": "hello"}}
    )
    assert response.status_code == 202
    assert Job.objects.count() == 1
