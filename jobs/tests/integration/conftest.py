"""Fixtures for tests with a real PostgreSQL and a real Redis."""

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from jobs.tests.waiting import wait_until

# Nothing listens on this port of any machine that runs tests.
CLOSED_PORT = 1


@pytest.fixture
def redis_away(settings: Settings) -> None:
    """Redis refuses every connection."""
    settings.JOBS_REDIS_URL = f"redis://127.0.0.1:{CLOSED_PORT}/0"


@pytest.fixture
def short_timeout(settings: Settings) -> float:
    """Workers silent for a second are dead. Nobody is silent before the server has started."""
    settings.JOBS_WORKER_TIMEOUT_SECONDS = 1.0
    wait_until(lambda: server_age_seconds() > 2.0)
    return 1.0


def server_age_seconds() -> float:
    """For how long PostgreSQL has been up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM statement_timestamp() - pg_postmaster_start_time())"
        )
        return float(cursor.fetchone()[0])
