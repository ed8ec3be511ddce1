"""What probes are told while everything is there, and while PostgreSQL or Redis is away."""

from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from rest_framework.test import APIClient

from jobs.services.migrations import forget_complete_databases
from jobs.tests.api.outages import without_postgresql
from jobs.tests.fake_clock import FakeClock
from scheduler.http import health_views

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh() -> None:
    """No test is told what another one has found out."""
    health_views._readiness.forget()


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


@pytest.fixture
def old_database() -> Iterator[None]:
    """The last migration of `jobs` was never applied."""
    recorder = MigrationRecorder(connection)
    last = recorder.migration_qs.filter(app="jobs").order_by("id").last()
    assert last
    recorder.record_unapplied("jobs", last.name)
    forget_complete_databases()
    yield
    recorder.record_applied("jobs", last.name)
    forget_complete_databases()


@pytest.mark.usefixtures("old_database")
def test_an_old_database_is_not_ready(anonymous: APIClient) -> None:
    response = anonymous.get("/health/ready")

    assert response.status_code == 503
    assert response.json() == {"status": "down", "postgresql": "not_migrated", "redis": "ok"}


@pytest.mark.usefixtures("old_database")
def test_a_worker_does_not_start_on_an_old_database() -> None:
    with pytest.raises(CommandError, match=r"lacks 1 migrations, the first is jobs\.\d{4}"):
        call_command("runworker")


def test_a_database_of_a_newer_release_is_ready(anonymous: APIClient) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("jobs", "9999_of_a_newer_release")
    forget_complete_databases()
    try:
        assert anonymous.get("/health/ready").status_code == 200
    finally:
        recorder.record_unapplied("jobs", "9999_of_a_newer_release")


def test_many_probes_open_one_connection_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[None] = []
    clock = FakeClock()

    def ask() -> health_views.Ready:
        asked.append(None)
        return {"status": "ok", "postgresql": "ok", "redis": "ok"}

    monkeypatch.setattr(health_views, "_ask", ask)
    readiness = health_views.Readiness(clock)
    for _ in range(50):
        readiness.now()
    assert len(asked) == 1
    clock.now += health_views.ASK_SECONDS
    readiness.now()
    assert len(asked) == 2


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
