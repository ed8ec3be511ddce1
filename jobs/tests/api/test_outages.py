"""PostgreSQL or Redis is away: never a 202 without a row, never a refusal for want of Redis."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.models import Job
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = {"type": "tests.note", "payload": {"text": "hello"}}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections for as long as the test lasts."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening
        yield reserved.getsockname()[1]


@pytest.fixture
def redis_away(settings: Any, closed_port: int) -> None:
    settings.JOBS_REDIS_URL = f"redis://127.0.0.1:{closed_port}/0"


@pytest.fixture
def client() -> APIClient:
    return client_of(make_user())


@pytest.fixture
def postgresql_away(client: APIClient, closed_port: int) -> Iterator[None]:
    """New connections are refused; what the test needs of the database is made before."""
    original = connection.settings_dict
    connection.close()
    connection.settings_dict = {
        **original,
        "HOST": "127.0.0.1",
        "PORT": closed_port,
        "OPTIONS": {},
    }
    yield
    connection.close()
    connection.settings_dict = original


def terminate_connection() -> None:
    """Cuts the connection of this thread from outside, as a restart of the server would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    outside = connections["default"].copy()
    try:
        with outside.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        outside.close()


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


def test_health_with_everything_there(anonymous: APIClient) -> None:
    for path in ("/health", "/health/ready", "/health/ready/"):
        response = anonymous.get(path)

        assert response.status_code == 200
        assert response.json() == {"status": "ok", "postgresql": "ok", "redis": "ok"}
        assert response["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("redis_away")
def test_health_without_redis_is_degraded_and_ready(anonymous: APIClient) -> None:
    response = anonymous.get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "postgresql": "ok", "redis": "down"}


@pytest.mark.usefixtures("postgresql_away")
def test_health_without_postgresql_is_not_ready(anonymous: APIClient) -> None:
    response = anonymous.get("/health/ready")

    assert response.status_code == 503
    assert response.json() == {"status": "down", "postgresql": "down", "redis": "ok"}


@pytest.mark.usefixtures("redis_away", "postgresql_away")
def test_the_process_lives_whatever_is_away(anonymous: APIClient) -> None:
    response = anonymous.get("/health/live")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_health_leaves_no_connection_behind(anonymous: APIClient) -> None:
    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            )
            row: tuple[int] = cursor.fetchone()
        return row[0]

    before = count()
    for _ in range(5):
        anonymous.get("/health/ready")

    assert count() <= before + 1  # the last one may still be on its way out
