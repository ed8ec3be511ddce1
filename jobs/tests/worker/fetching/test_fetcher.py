"""The loop: how much it fetches, when it fetches nothing, and outages of PostgreSQL."""

import pytest
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from jobs.broker.redis import RedisBroker
from jobs.core.clock import SystemClock
from jobs.core.outage import broker_outage, database_outage
from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.tests.claims import make_claim
from jobs.tests.factories import make_job
from jobs.tests.open_pools import WORKER_TIMEOUT_SECONDS, Bench
from jobs.tests.steps import stored
from jobs.tests.threads import elsewhere
from jobs.worker.fetching import fetcher as fetcher_module

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_more_is_taken_than_there_is_capacity_for(bench: Bench, broker: RedisBroker) -> None:
    jobs = [make_job() for _ in range(5)]
    bench.pools.capacity = 2
    bench.fetcher.tick()
    assert set(bench.claimed_ids) == {job.id for job in jobs[:2]}
    assert broker.depth(["default"]).ready["default", 5] == 3
    bench.pools.capacity = 0
    bench.fetcher.tick()
    assert len(bench.claimed_ids) == 2


def test_without_its_lease_a_worker_takes_nothing(
    bench: Bench, broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_job()
    now = bench.lease._clock.monotonic()
    monkeypatch.setattr(bench.lease._clock, "monotonic", lambda: now + WORKER_TIMEOUT_SECONDS + 1)
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    assert broker.depth(["default"]).ready["default", 5] == 1


def test_what_was_fetched_when_the_stop_came_goes_back_in_its_order(
    bench: Bench, broker: RedisBroker
) -> None:
    jobs = [make_job() for _ in range(3)]
    bench.stop.set()
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    assert {stored(job).state for job in jobs} == {JobState.QUEUED}
    fetched = broker.fetch(["default"], 9)
    assert [one.message.job_id for one in fetched] == [job.id for job in jobs]


def test_what_was_stalled_goes_back_at_no_cost(bench: Bench) -> None:
    job = make_job()
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]
    bench.pools.stalled, bench.pools.capacity = True, 0
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    row = stored(job)
    assert (row.state, row.failures) == (JobState.QUEUED, 0)
    assert len(bench.inflight) == 0


def test_nothing_is_fetched_while_very_many_outcomes_wait_to_be_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetcher_module, "UNRECORDED_LIMIT", 2)
    waiting = [make_claim() for _ in range(3)]
    bench.inflight.add(waiting)
    job = make_job()
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    bench.inflight.remove(waiting[:1])
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]


def test_nothing_is_fetched_while_outcomes_have_waited_for_long(bench: Bench) -> None:
    """What was done and is not written would be unknown if this worker died now."""
    bench.seconds_behind = 0.6
    job = make_job()
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    bench.seconds_behind = 0.1
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]


def test_time_that_postgresql_takes_is_told_from_time_that_the_loop_takes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL is frozen: the loop hangs in a statement, and is not unresponsive."""
    during: list[float] = []
    now = bench.lease._clock.monotonic()

    def freeze(*args: object) -> None:
        monkeypatch.setattr(bench.lease._clock, "monotonic", lambda: now + 100.0)
        during.append(bench.fetcher.seconds_in_database())
        raise OperationalError("thawed")

    make_job()
    with connection.execute_wrapper(freeze):
        bench.fetcher.tick()
    assert 90.0 < during[0] < 101.0
    assert bench.fetcher.seconds_in_database() == pytest.approx(
        bench.fetcher.seconds_since_tick(), abs=5
    )


class Unreachable:
    """PostgreSQL answers nothing."""

    def __call__(self, *args: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")


def test_while_postgresql_is_away_what_was_fetched_goes_back_in_its_order(
    bench: Bench, broker: RedisBroker, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = [make_job() for _ in range(3)]
    with connection.execute_wrapper(Unreachable()):
        for _ in range(3):
            bench.fetcher.tick()
    assert bench.claimed_ids == []
    assert broker.depth(["default"]).ready["default", 5] == 3
    assert caplog.text.count("PostgreSQL is unavailable") == 1
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id for job in jobs]
    assert caplog.text.count("PostgreSQL is back") == 1


def test_an_outage_of_postgresql_is_told_once_though_nothing_could_be_claimed(
    bench: Bench, broker: RedisBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """A cache mark says that another job holds the key, so no claim is tried."""
    make_job(type="tests.note_by_text", payload={"text": "ann"})
    broker.fetch(["default"], 1)
    make_job(type="tests.note_by_text", payload={"text": "ann"})
    with connection.execute_wrapper(Unreachable()):
        for _ in range(3):
            bench.fetcher.tick()
    assert caplog.text.count("PostgreSQL is unavailable") == 1
    assert "PostgreSQL is back" not in caplog.text


@pytest.mark.usefixtures("redis_away")
def test_a_row_that_another_transaction_holds_is_asked_for_with_pauses(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(worker)
    waits: list[float] = []
    monkeypatch.setattr(fetcher_module, "DATABASE_POLL_SECONDS", 0.012)
    monkeypatch.setattr(SystemClock, "wait", lambda clock, stop, seconds: waits.append(seconds))
    job = make_job()
    with transaction.atomic():
        Job.objects.select_for_update().get(id=job.id)
        elsewhere(bench.fetcher.tick)
    assert bench.claimed_ids == []
    assert waits == [0.012]
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]


def test_outages_of_both_are_survived(bench: Bench, settings: Settings, worker: Worker) -> None:
    job = make_job()
    settings.JOBS_REDIS_URL = "redis://127.0.0.1:1/0"
    cut_off = Bench(worker)
    with connection.execute_wrapper(Unreachable()):
        cut_off.fetcher.tick()
    assert broker_outage.is_on
    assert database_outage.is_on
    cut_off.fetcher.tick()
    assert cut_off.claimed_ids == [job.id]
    assert not database_outage.is_on
