"""The recorder may claim past Redis only where nobody is overtaken, and no claim of it is lost."""

import threading

import pytest

from jobs.core.states import JobState
from jobs.services.attempts import jobs_claim
from jobs.services.queues import queue_pause
from jobs.tests.factories import make_job
from jobs.tests.open_pools import Bench
from jobs.tests.steps import stored
from jobs.tests.waiting import wait_until
from jobs.worker.fetching import source as source_module

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Its fetcher waits for an entry in an empty list."""
    bench.fetcher._source.is_waiting = True
    return bench


def test_a_worker_claims_past_redis_while_its_lists_are_empty(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "BLOCK_SECONDS", 1.0)
    assert bench.fetcher.past_redis.claimant() is None
    tick = threading.Thread(target=bench.fetcher.tick)
    tick.start()
    wait_until(lambda: bench.fetcher.past_redis.claimant() is not None, every=0.01)
    claimant = bench.fetcher.past_redis.claimant()
    tick.join()
    assert claimant == (bench.lease.worker.id, ["default"], 10)
    assert bench.fetcher.past_redis.claimant() is None


def test_not_beyond_its_capacity_nor_when_it_stops(waiting: Bench) -> None:
    assert waiting.fetcher.past_redis.claimant()
    waiting.pools.capacity = 0
    assert waiting.fetcher.past_redis.claimant() is None
    waiting.pools.capacity = 10
    waiting.stop.set()
    assert waiting.fetcher.past_redis.claimant() is None


def test_not_of_a_paused_queue(waiting: Bench) -> None:
    queue_pause(name="default")
    waiting.paused.refresh()
    assert waiting.fetcher.past_redis.claimant() is None


def test_what_was_claimed_runs_and_goes_back_at_the_stop(bench: Bench) -> None:
    first, second = make_job(), make_job()
    claims = jobs_claim(worker_id=bench.lease.worker.id, job_ids=[first.id, second.id])
    bench.fetcher.past_redis.take(claims[:1])
    assert bench.claimed_ids == [claims[0].id]
    assert bench.inflight.job_ids() == [claims[0].id]
    bench.stop.set()
    bench.fetcher.past_redis.take(claims[1:])
    assert stored(claims[1]).state == JobState.QUEUED


def test_a_claim_of_the_recorder_is_not_taken_for_lost_while_it_is_on_its_way(
    bench: Bench,
) -> None:
    with bench.inflight.in_transit:
        [claim] = jobs_claim(worker_id=bench.lease.worker.id, job_ids=[make_job().id])
        bench.fetcher.past_redis.suspect()
        bench.fetcher.tick()
        assert stored(claim).state == JobState.RUNNING
        bench.fetcher.past_redis.take([claim])
    bench.fetcher.tick()
    assert stored(claim).state == JobState.RUNNING


def test_a_claim_of_the_recorder_whose_reply_was_lost_is_given_back(bench: Bench) -> None:
    [claim] = jobs_claim(worker_id=bench.lease.worker.id, job_ids=[make_job().id])
    bench.fetcher.past_redis.suspect()
    bench.fetcher._lost_claims.release()
    assert stored(claim).state == JobState.QUEUED
