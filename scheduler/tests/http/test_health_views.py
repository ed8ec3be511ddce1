"""What probes are told while everything is there, and while PostgreSQL or Redis is away."""

from collections.abc import Iterator

import pytest
from django.db import connection
from rest_framework.test import APIClient

from jobs.tests.api.outages import without_postgresql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def postgresql_away(db: None) -> Iterator[None]:
    with without_postgresql():
        yield


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
