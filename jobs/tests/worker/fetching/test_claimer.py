"""What may start is claimed; what could not be claimed is resolved."""

import pytest
from django.db import OperationalError, connection

from jobs.broker.redis import RedisBroker
from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.services.maintenance.redispatch import jobs_redispatch_lost
from jobs.tests.factories import make_job
from jobs.tests.open_pools import Bench
from jobs.tests.steps import die, dispatched_ago, lose, stored, succeed
from jobs.tests.worker.fetching.waiting_broker import EmptyUntilWaitedFor
from jobs.worker.liveness.heartbeat import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_stale_cache_mark_does_not_hold_a_job_back_for_long(
    bench: Bench, broker: RedisBroker
) -> None:
    job = make_job(type="tests.note_by_text", payload={"text": "ann"})
    broker.mark_done([(job.effect_key, job.id)])
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    dispatched_ago(job, 60)
    jobs_redispatch_lost(queues=["default"])
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]


def test_a_cache_mark_of_a_job_that_never_took_the_key_holds_back_no_other(
    bench: Bench, broker: RedisBroker
) -> None:
    """A worker fetched the first one, left its cache mark, and died before the claim."""
    first = make_job(type="tests.note_by_text", payload={"text": "ann"})
    broker.fetch(["default"], 1)
    second = make_job(type="tests.note_by_text", payload={"text": "ann"})
    bench.fetcher.tick()
    bench.fetcher.tick()
    assert bench.claimed_ids == [second.id]
    assert stored(first).state == JobState.QUEUED


def test_what_another_job_has_done_is_skipped(bench: Bench, worker: Worker) -> None:
    succeed(make_job(type="tests.note_by_text", payload={"text": "ann"}))
    job = make_job(type="tests.note_by_text", payload={"text": "ann"})
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    row = stored(job)
    assert (row.state, row.worker_id) == (JobState.SKIPPED, worker.id)


def test_a_worker_that_was_declared_dead_goes_on_under_a_new_row(
    bench: Bench, worker: Worker
) -> None:
    job = make_job()
    lose(worker)
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    assert bench.lease.worker.id != worker.id
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]
    assert stored(job).worker_id == bench.lease.worker.id


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


def test_what_cannot_be_given_back_stays_with_the_pools(bench: Bench) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    job = make_job()
    bench.fetcher.tick()
    bench.pools.stalled, bench.pools.capacity = True, 0
    with connection.execute_wrapper(refuse):
        bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]
    assert len(bench.inflight) == 1
    assert stored(job).state == JobState.RUNNING
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    assert stored(job).state == JobState.QUEUED
