"""fetch -> claim: what the loop takes from Redis, and what it does while one of the two is away."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from jobs.broker.base import Broker
from jobs.broker.redis import RedisBroker
from jobs.core.clock import SystemClock
from jobs.core.errors import BrokerUnavailable
from jobs.core.message import QueueMessage
from jobs.core.outage import broker_outage, database_outage
from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.services.maintenance.redispatch import jobs_redispatch_lost
from jobs.tests.claims import make_claim
from jobs.tests.factories import make_job, make_worker
from jobs.tests.open_pools import WORKER_TIMEOUT_SECONDS, Bench
from jobs.tests.steps import die, dispatched_ago, lose, stored, succeed
from jobs.tests.threads import at_once, elsewhere
from jobs.tests.waiting import wait_until
from jobs.worker.fetching import fetcher as fetcher_module
from jobs.worker.fetching import source as source_module
from jobs.worker.liveness.heartbeat import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def brief_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "BLOCK_SECONDS", 0.05)
    monkeypatch.setattr(fetcher_module, "DATABASE_POLL_SECONDS", 0.01)


@pytest.fixture
def worker() -> Worker:
    return make_worker()


@pytest.fixture
def bench(worker: Worker) -> Bench:
    return Bench(worker)


def claimed(bench: Bench) -> list[object]:
    return [claim.id for claim in bench.pools.claims]


def test_what_was_dispatched_is_claimed_in_its_order(bench: Bench, worker: Worker) -> None:
    jobs = [make_job() for _ in range(3)]
    urgent = make_job(priority=9)
    bench.fetcher.tick()
    assert set(claimed(bench)) == {urgent.id, *(job.id for job in jobs)}
    assert bench.inflight.attempts() == {(job_id, 1) for job_id in claimed(bench)}
    assert {stored(job).worker_id for job in [*jobs, urgent]} == {worker.id}


def test_no_more_is_taken_than_there_is_capacity_for(bench: Bench, broker: RedisBroker) -> None:
    jobs = [make_job() for _ in range(5)]
    bench.pools.capacity = 2
    bench.fetcher.tick()
    assert set(claimed(bench)) == {job.id for job in jobs[:2]}
    assert broker.depth(["default"]).ready["default", 5] == 3
    bench.pools.capacity = 0
    bench.fetcher.tick()
    assert len(claimed(bench)) == 2


def test_an_idle_worker_waits_for_a_dispatch(bench: Bench) -> None:
    bench.fetcher.tick()
    assert claimed(bench) == []
    job = make_job()
    bench.fetcher.tick()
    assert claimed(bench) == [job.id]


def test_within_a_priority_queues_take_turns(worker: Worker) -> None:
    bench = Bench(worker, ("default", "bulk"))
    bench.pools.capacity = 1
    jobs = [make_job(queue=queue) for queue in ("default", "bulk") for _ in range(4)]
    for _ in jobs:
        bench.fetcher.tick()
    queues = [claim.queue for claim in bench.pools.claims]
    assert len(queues) == 8
    assert all(one != other for one, other in pairwise(queues))


def test_a_duplicate_of_what_is_done_costs_no_query(bench: Bench, broker: RedisBroker) -> None:
    job = make_job()
    succeed(job)

    broker.forget_everything()
    broker.mark_done([(str(job.id), job.id)])
    broker.dispatch([QueueMessage(job.id, str(job.id), "default", 5)])

    def refuse(*args: object) -> None:
        pytest.fail("PostgreSQL was asked")

    with connection.execute_wrapper(refuse):
        bench.fetcher.tick()
    assert claimed(bench) == []


def test_a_stale_cache_mark_does_not_hold_a_job_back_for_long(
    bench: Bench, broker: RedisBroker
) -> None:
    job = make_job()
    broker.mark_done([(job.effect_key, job.id)])
    bench.fetcher.tick()
    assert claimed(bench) == []
    dispatched_ago(job, 60)
    jobs_redispatch_lost(queues=["default"])
    bench.fetcher.tick()
    assert claimed(bench) == [job.id]


def test_a_cache_mark_of_a_job_that_never_took_the_key_holds_back_no_other(
    bench: Bench, broker: RedisBroker
) -> None:
    """A worker fetched the first one, left its cache mark, and died before the claim."""
    first = make_job(type="tests.note_by_text", payload={"text": "ann"})
    broker.fetch(["default"], 1)
    second = make_job(type="tests.note_by_text", payload={"text": "ann"})
    bench.fetcher.tick()
    bench.fetcher.tick()
    assert claimed(bench) == [second.id]
    assert stored(first).state == JobState.QUEUED


def test_what_another_job_has_done_is_skipped(bench: Bench, worker: Worker) -> None:
    succeed(make_job(type="tests.note_by_text", payload={"text": "ann"}))
    job = make_job(type="tests.note_by_text", payload={"text": "ann"})
    bench.fetcher.tick()
    assert claimed(bench) == []
    row = stored(job)
    assert (row.state, row.worker_id) == (JobState.SKIPPED, worker.id)


def test_without_its_lease_a_worker_takes_nothing(
    bench: Bench, broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_job()
    now = bench.lease._clock.monotonic()
    monkeypatch.setattr(bench.lease._clock, "monotonic", lambda: now + WORKER_TIMEOUT_SECONDS + 1)
    bench.fetcher.tick()
    assert claimed(bench) == []
    assert broker.depth(["default"]).ready["default", 5] == 1


def test_a_worker_that_was_declared_dead_goes_on_under_a_new_row(
    bench: Bench, worker: Worker
) -> None:
    job = make_job()
    lose(worker)
    bench.fetcher.tick()
    assert claimed(bench) == []
    assert bench.lease.worker.id != worker.id
    bench.fetcher.tick()
    assert claimed(bench) == [job.id]
    assert stored(job).worker_id == bench.lease.worker.id


def test_what_was_fetched_when_the_stop_came_goes_back_in_its_order(
    bench: Bench, broker: RedisBroker
) -> None:
    jobs = [make_job() for _ in range(3)]
    bench.stop.set()
    bench.fetcher.tick()
    assert claimed(bench) == []
    assert {stored(job).state for job in jobs} == {JobState.QUEUED}
    fetched = broker.fetch(["default"], 9)
    assert [one.message.job_id for one in fetched] == [job.id for job in jobs]


def test_what_was_stalled_goes_back_at_no_cost(bench: Bench) -> None:
    job = make_job()
    bench.fetcher.tick()
    assert claimed(bench) == [job.id]
    bench.pools.stalled, bench.pools.capacity = True, 0
    bench.fetcher.tick()
    assert claimed(bench) == []
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
    assert claimed(bench) == []
    bench.inflight.remove(waiting[:1])
    bench.fetcher.tick()
    assert claimed(bench) == [job.id]


def test_nothing_is_fetched_while_outcomes_have_waited_for_long(bench: Bench) -> None:
    """What was done and is not written would be unknown if this worker died now."""
    bench.seconds_behind = 0.6
    job = make_job()
    bench.fetcher.tick()
    assert claimed(bench) == []
    bench.seconds_behind = 0.1
    bench.fetcher.tick()
    assert claimed(bench) == [job.id]


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


# PostgreSQL is away


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
    assert claimed(bench) == []
    assert broker.depth(["default"]).ready["default", 5] == 3
    assert caplog.text.count("PostgreSQL is unavailable") == 1
    bench.fetcher.tick()
    assert claimed(bench) == [job.id for job in jobs]
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


# Redis is away


@pytest.mark.usefixtures("redis_away")
def test_while_redis_is_away_postgresql_is_the_queue(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(worker)
    late, urgent = make_job(), make_job(priority=9)
    make_job(delay_seconds=60)
    make_job(queue="bulk")
    bench.fetcher.tick()
    assert set(claimed(bench)) == {urgent.id, late.id}
    bench.fetcher.tick()
    assert len(claimed(bench)) == 2
    assert caplog.text.count("Redis is unavailable") == 1


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
    assert claimed(bench) == []
    assert waits == [0.012]
    bench.fetcher.tick()
    assert claimed(bench) == [job.id]


def test_when_redis_is_back_it_is_asked_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    broker_outage.failed(BrokerUnavailable("gone"))
    wait_until(lambda: broker_outage.seconds_to_next_try == 0, every=0.01)
    job = make_job()
    bench.fetcher.tick()
    assert claimed(bench) == [job.id]
    assert not broker_outage.is_on
    assert "Redis is back" in caplog.text


@pytest.mark.usefixtures("redis_away")
def test_workers_with_redis_gone_share_the_work_and_agree_about_keys() -> None:
    for number in range(60):
        make_job()
        make_job(type="tests.note_by_text", payload={"text": f"ann{number % 5}"})
    benches = [Bench(make_worker()) for _ in range(3)]

    def work(bench: Bench) -> list[object]:
        for _ in range(30):
            bench.fetcher.tick()
        return claimed(bench)

    ids = [one for many in at_once(*[partial(work, bench) for bench in benches]) for one in many]
    assert len(ids) == len(set(ids)) == 60 + 5
    assert Job.objects.running().filter(type="tests.note_by_text").count() == 5
    waiting = Job.objects.queued()
    assert waiting.count() == 55
    assert {job.attempt for job in waiting} == {0}


def test_a_heartbeat_is_asked_for_where_nothing_could_be_claimed(
    bench: Bench, broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Perhaps this worker may not claim at all; otherwise it is not asked for."""
    beats: list[Heartbeat] = []
    monkeypatch.setattr(Heartbeat, "beat", lambda self: beats.append(self))
    job = make_job()
    bench.fetcher.tick()
    assert beats == []
    broker.dispatch([bench.pools.claims[0].message])
    bench.fetcher.tick()
    assert beats == [bench.heartbeat]
    assert stored(job).attempt == 1


def test_outages_of_both_are_survived(bench: Bench, settings: Settings, worker: Worker) -> None:
    job = make_job()
    settings.JOBS_REDIS_URL = "redis://127.0.0.1:1/0"
    cut_off = Bench(worker)
    with connection.execute_wrapper(Unreachable()):
        cut_off.fetcher.tick()
    assert broker_outage.is_on
    assert database_outage.is_on
    cut_off.fetcher.tick()
    assert claimed(cut_off) == [job.id]
    assert not database_outage.is_on


class EmptyUntilWaitedFor:
    """A broker that is empty until `wait` is called: a job is made at that moment."""

    def __init__(self, broker: Broker, make: Callable[[], object]) -> None:
        self._broker = broker
        self._make = make

    def wait(self, queues: Sequence[str], timeout_seconds: float) -> QueueMessage | None:
        self._make()
        return self._broker.wait(queues, timeout_seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)


def test_an_idle_worker_claims_what_it_waited_for_and_then_what_came_behind_it(
    bench: Bench, broker: RedisBroker
) -> None:
    waited_for = EmptyUntilWaitedFor(broker, lambda: [make_job() for _ in range(3)])
    bench.fetcher._source._broker = waited_for

    bench.fetcher.tick()
    assert len(bench.pools.claims) == 1

    bench.fetcher.tick()
    assert len({claim.id for claim in bench.pools.claims}) == 3


def test_an_idle_worker_takes_over_a_key_and_then_claims_the_job(
    bench: Bench, broker: RedisBroker
) -> None:
    def rival() -> Job:
        return make_job(type="tests.note_by_text", payload={"text": "ann"})

    die(rival())  # it holds the key, which the next job takes over
    broker.forget_everything()
    bench.fetcher._source._broker = EmptyUntilWaitedFor(broker, rival)

    bench.fetcher.tick()
    assert bench.pools.claims == []

    bench.fetcher.tick()
    assert [claim.type for claim in bench.pools.claims] == ["tests.note_by_text"]
