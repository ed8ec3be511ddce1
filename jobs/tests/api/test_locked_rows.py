"""A call that meets another transaction is answered within two seconds, and says so."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.models import Job
from jobs.services.enqueue import job_enqueue
from jobs.sql import own_session
from jobs.sql.own_session import own_sessions_of_process
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_job, make_user
from jobs.tests.locks import held_elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server_of_the_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that serves the API and runs no handlers."""
    monkeypatch.setattr(own_session, "_process", own_session._Process())
    own_sessions_of_process()
    connection.close()
    yield
    connection.close()


def test_to_cancel_a_job_whose_row_is_locked(client: APIClient, user: Any) -> None:
    job = make_job(submitted_by_id=user.id)
    with held_elsewhere(lambda: Job.objects.select_for_update().get(id=job.id)):
        begun_at = time.monotonic()
        response = client.post(f"/jobs/{job.id}/cancel")
        assert 1 <= time.monotonic() - begun_at < 4
    problem(response, 503, "busy")
    assert response["Retry-After"] == "1"
    assert client.post(f"/jobs/{job.id}/cancel").status_code == 202


@pytest.mark.usefixtures("server_of_the_api")
def test_a_key_that_a_transaction_has_and_does_not_commit(client: APIClient, user: Any) -> None:
    note = {"type": "tests.note", "payload": {"text": "x"}, "idempotency_key": "k"}
    with held_elsewhere(lambda: job_enqueue(**note, submitted_by_id=user.id)):  # type: ignore[arg-type]
        begun_at = time.monotonic()
        response = client.post("/addJob", note)
        assert 1 <= time.monotonic() - begun_at < 4
    problem(response, 503, "busy")
    assert client.post("/addJob", note).status_code == 202


@pytest.fixture
def user() -> Any:
    return make_user()


@pytest.fixture
def client(user: Any) -> APIClient:
    return client_of(user)
