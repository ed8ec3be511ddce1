"""What a probe is told: restart an unresponsive worker, not one that waits for PostgreSQL."""

from collections.abc import Iterator
from typing import Any

import pytest

from jobs.core.queue_choice import QueueChoice
from jobs.tests.claims import make_claim
from jobs.tests.fake_clock import FakeClock
from jobs.worker.execution.attempt import Attempt
from jobs.worker.options import WorkerOptions
from jobs.worker.process.health import DATABASE_SECONDS, UNRESPONSIVE_SECONDS
from jobs.worker.process.metrics import WorkerMetrics
from jobs.worker.worker import Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def worker(clock: FakeClock) -> Iterator[Worker]:
    worker = Worker(
        WorkerOptions(QueueChoice(["default"]), concurrency=1, async_concurrency=1), clock
    )
    yield worker
    worker._parts.pools.loop._loop.close()


def told(worker: Worker) -> tuple[str, str]:
    health = worker.health()
    return health["status"], health["postgresql"]


def test_a_loop_that_turns_is_well(worker: Worker, clock: FakeClock) -> None:
    clock.now += UNRESPONSIVE_SECONDS - 1
    assert told(worker) == ("ok", "ok")


def test_of_several_cells_it_names_its_own(worker: Worker, settings: Any) -> None:
    assert "cell" not in worker.health()
    settings.JOBS_CELL = "us"
    assert worker.health()["cell"] == "us"
    assert 'cell="us"' in WorkerMetrics(worker.parts).text().decode()


def test_a_loop_that_does_not_turn_is_unresponsive(worker: Worker, clock: FakeClock) -> None:
    clock.now += UNRESPONSIVE_SECONDS + 1
    assert told(worker) == ("unresponsive", "ok")


def test_a_loop_that_waits_for_postgresql_is_not_unresponsive(
    worker: Worker, clock: FakeClock
) -> None:
    with worker._parts.fetcher._database_time.measured():
        clock.now += DATABASE_SECONDS - 1
        assert told(worker) == ("ok", "ok")
        clock.now += UNRESPONSIVE_SECONDS
        assert told(worker) == ("ok", "down")
    clock.now += UNRESPONSIVE_SECONDS + 1
    assert told(worker)[0] == "unresponsive"


def test_a_slot_that_does_not_move_is_unresponsive(worker: Worker, clock: FakeClock) -> None:
    """Stuck in the worker's own code; a handler may take as long as it likes."""
    parts = worker._parts
    attempt = Attempt(make_claim(), clock)
    parts.pools.threads._running[1] = attempt
    with attempt.in_handler():
        clock.now += 10 * UNRESPONSIVE_SECONDS
        turn_and_beat(worker)
        assert told(worker) == ("ok", "ok")
    clock.now += UNRESPONSIVE_SECONDS + 1
    turn_and_beat(worker)
    assert told(worker) == ("unresponsive", "ok")
    del parts.pools.threads._running[1]
    assert told(worker) == ("ok", "ok")


def test_a_slot_that_may_wait_for_postgresql_is_not(worker: Worker, clock: FakeClock) -> None:
    worker._parts.pools.threads._running[1] = Attempt(make_claim(), clock)
    clock.now += UNRESPONSIVE_SECONDS + 1
    worker._parts.fetcher._ticked_at = clock.now  # and no heartbeat came through
    assert told(worker)[0] == "ok"


def turn_and_beat(worker: Worker) -> None:
    """The fetch loop turns, and a heartbeat was written."""
    now = worker._clock.monotonic()
    worker._parts.fetcher._ticked_at = now
    worker._parts.lease._renewed = now
