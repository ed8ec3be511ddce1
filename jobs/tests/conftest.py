"""Fixtures for every test of the app. Tests of Redis run against a real one."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from jobs.broker import get_broker
from jobs.broker.redis import RedisBroker
from jobs.core.outage import broker_outage, database_outage
from jobs.services.limits import book as limit_book_module
from jobs.tests.waiting import wait_until

# Nothing listens on this port of any machine that runs tests.
CLOSED_PORT = 1


@pytest.fixture
def broker() -> RedisBroker:
    """The real broker, below the prefix of the tests."""
    broker = get_broker()
    assert isinstance(broker, RedisBroker)
    return broker


@pytest.fixture(autouse=True)
def clean_redis() -> Iterator[None]:
    """No test sees the keys or the outages of another one."""
    get_broker().forget_everything()
    yield
    broker_outage.ended()
    database_outage.ended()


@pytest.fixture(autouse=True)
def known_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit is known before a test sets one, and the time of day adds no query to any test."""
    monkeypatch.setattr(limit_book_module, "BOOK_SECONDS", 1e9)
    monkeypatch.setattr(limit_book_module.limit_book, "_fair_by_name", {})
    monkeypatch.setattr(limit_book_module.limit_book, "_read_at", time.monotonic())


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Notes":
    """Where the job types of the tests leave their effects, in this process and its children."""
    notes = Notes(tmp_path / "notes")
    monkeypatch.setenv("NOTES_FILE", str(notes.path))
    return notes


class Notes:
    """The effects that handlers have left: one line each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[list[str]]:
        """Text, job id, attempt and worker of each effect."""
        if not self.path.exists():
            return []
        return [line.split() for line in self.path.read_text().splitlines()]

    def texts(self) -> list[str]:
        return [line[0] for line in self.lines()]


@pytest.fixture
def redis_away(settings: Settings) -> None:
    """Redis refuses every connection."""
    settings.JOBS_REDIS_URL = f"redis://127.0.0.1:{CLOSED_PORT}/0"


@pytest.fixture
def short_redispatch(settings: Settings) -> None:
    """A job that Redis does not know counts as lost 0.1 s after its dispatch."""
    settings.JOBS_REDISPATCH_SECONDS = settings.JOBS_REDISPATCH_MARGIN_SECONDS = 0.1


@pytest.fixture
def short_timeout(settings: Settings) -> float:
    """A worker that is silent for 20 s is dead; on a server that was just started, for less.

    Silence counts from that start. Tests make workers silent for longer; in a shorter timeout those
    that are to live would fall silent, too, on a machine that is slow.
    """
    wait_until(lambda: server_age_seconds() > 2.0)
    settings.JOBS_WORKER_TIMEOUT_SECONDS = timeout_seconds = min(20.0, server_age_seconds() / 2)
    return timeout_seconds


def server_age_seconds() -> float:
    """For how long PostgreSQL has been up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM statement_timestamp() - pg_postmaster_start_time())"
        )
        return float(cursor.fetchone()[0])
