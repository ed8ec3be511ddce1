"""PostgreSQL or Redis is away: never a 202 without a row, never a refusal for want of Redis."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.models import Job
from jobs.tests.api.conftest import client_of
from jobs.tests.api.outages import without_postgresql
from jobs.tests.factories import make_user
from jobs.tests.sessions import end_session
from jobs.tests.threads import elsewhere
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = {"type": "tests.note", "payload": {"text": "hello"}}


@pytest.fixture
def client() -> APIClient:
    return client_of(make_user())


@pytest.fixture
def postgresql_away(client: APIClient) -> Iterator[None]:
    """The client is made before, as its user is a row."""
    with without_postgresql():
        yield


def terminate_connection() -> None:
    """Cuts the connection of this thread from outside, as a restart of the server would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    end_session(pid)


@pytest.mark.usefixtures("redis_away")
def test_without_redis_jobs_are_accepted(client: APIClient) -> None:
    responses = [client.post("/addJob", NOTE) for _ in range(3)]

    assert [response.status_code for response in responses] == [202] * 3
    assert Job.objects.count() == 3


@pytest.mark.usefixtures("postgresql_away")
@pytest.mark.parametrize(
    ("method", "path"), [("post", "/addJob"), ("get", "/jobs"), ("get", "/failedJobs")]
)
def test_without_postgresql_nothing_is_accepted(client: APIClient, method: str, path: str) -> None:
    response = getattr(client, method)(path, NOTE)

    body = problem(response, 503, "database_unavailable")
    assert int(response["Retry-After"]) > 0
    assert "127.0.0.1" not in body["detail"]


@pytest.mark.usefixtures("postgresql_away")
def test_without_postgresql_nobody_logs_in(anonymous: APIClient) -> None:
    response = anonymous.post("/login", {"username": "rose", "password": "wide-river-42"})

    problem(response, 503, "database_unavailable")


def test_a_connection_that_is_cut_costs_one_try(client: APIClient) -> None:
    terminate_connection()

    response = client.post("/addJob", NOTE)
    connection.close_if_unusable_or_obsolete()  # as Django does at the end of each request

    problem(response, 503, "database_unavailable")
    assert client.post("/addJob", NOTE).status_code == 202
    assert Job.objects.count() == 1


def test_a_server_that_is_read_only_accepts_nothing(client: APIClient) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        response = client.post("/addJob", NOTE)
    finally:
        connection.close()

    problem(response, 503, "database_unavailable")
    assert response["Retry-After"]


@pytest.mark.parametrize("timeout", ["idle_in_transaction_session_timeout", "transaction_timeout"])
def test_a_session_that_ended_within_a_transaction_accepts_nothing(
    client: APIClient, timeout: str
) -> None:
    """So it does where PostgreSQL was frozen meanwhile. The driver calls it an internal error."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_settings WHERE name = %s", [timeout])
        if cursor.fetchone() == (0,):
            pytest.skip(f"PostgreSQL has no {timeout} before version 17")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), set_config(%s, '10ms', true)", [timeout])
            [pid, _] = cursor.fetchone()
        wait_until(lambda: elsewhere(lambda: not is_there(pid)))
        response = client.post("/addJob", NOTE)
        transaction.set_rollback(True)

    problem(response, 503, "database_unavailable")
    assert response["Retry-After"]
    assert client.post("/addJob", NOTE).status_code == 202


def is_there(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid])
        return cursor.fetchone() is not None
