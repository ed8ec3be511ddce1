"""Behind PgBouncer in transaction mode: API, workers and what they promise are the same."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.core.states import JobState
from jobs.models import Job
from jobs.tests.acceptance.client import Client
from jobs.tests.acceptance.load import JOBS, submit
from jobs.tests.acceptance.processes import Service
from jobs.tests.conftest import Notes
from jobs.tests.waiting import wait_until
from tools.servers.pgbouncer import PgBouncer

# Fewer than the connections of five workers: transactions change sessions all the time.
SESSIONS = 6


@pytest.fixture
def pooler(service: Service, tmp_path: Path) -> Iterator[PgBouncer]:
    """All processes of the service that are started from now on connect through it."""
    pooler = PgBouncer(tmp_path / "pooler", service.env["DATABASE_URL"], SESSIONS)
    pooler.start()
    service.env["DATABASE_URL"] = pooler.url
    yield pooler
    service.end()
    pooler.stop()


def test_five_workers_behind_it_do_each_job_once(
    service: Service,
    pooler: PgBouncer,
    notes: Notes,
    wait_until_all_final: Callable[[float], None],
) -> None:
    client = Client(service.api()).sign_up()
    workers = service.workers(5, "--concurrency", "4")
    submit(client, "tests.note_once", 0.02)
    wait_until(lambda: len(notes.lines()) >= JOBS // 5)
    workers[0].kill()
    wait_until_all_final(60)
    states = Counter(Job.objects.values_list("state", flat=True))
    assert states[JobState.SUCCEEDED] + states[JobState.DEAD] == JOBS
    assert states[JobState.DEAD] <= 4  # what ran on the slots of the one that was killed
    assert max(Counter(notes.texts()).values()) == 1
    assert all("prepared statement" not in worker.log.read_text() for worker in workers)
    assert any(worker.says("Through a pooler") for worker in workers)  # they have noticed it


def test_it_may_go_away_and_come_back(
    service: Service,
    pooler: PgBouncer,
    notes: Notes,
    wait_until_all_final: Callable[[float], None],
) -> None:
    """As on a deployment of its configuration: an outage of the database that ends."""
    client = Client(service.api()).sign_up()
    worker = service.worker("worker-1", "--concurrency", "4")
    submit(client, "tests.note", 0.02)
    wait_until(lambda: len(notes.lines()) >= JOBS // 5)
    pooler.kill()
    worker.wait_for("PostgreSQL is unavailable")
    pooler.start()
    wait_until_all_final(60)
    assert Counter(Job.objects.values_list("state", flat=True)) == {JobState.SUCCEEDED: JOBS}
    assert set(notes.texts()) == {f"note{number}" for number in range(JOBS)}
    worker.signal(signal.SIGTERM)
    wait_until(lambda: not worker.alive)
