"""Where ids come from: Redis in turns, PostgreSQL while Redis is away."""

from functools import partial
from itertools import pairwise
from uuid import UUID

import pytest
from django.db import connection

from jobs.broker.redis import RedisBroker
from jobs.core.errors import BrokerUnavailable
from jobs.core.message import QueueMessage
from jobs.core.outage import broker_outage
from jobs.models import Job, Worker
from jobs.tests.factories import make_job, make_worker
from jobs.tests.open_pools import Bench
from jobs.tests.steps import stored, succeed
from jobs.tests.threads import at_once
from jobs.tests.waiting import wait_until
from jobs.tests.worker.fetching.waiting_broker import EmptyUntilWaitedFor

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_dispatched_is_claimed_in_its_order(bench: Bench, worker: Worker) -> None:
    jobs = [make_job() for _ in range(3)]
    urgent = make_job(priority=9)
    bench.fetcher.tick()
    assert set(bench.claimed_ids) == {urgent.id, *(job.id for job in jobs)}
    assert bench.inflight.attempts() == {(job_id, 1) for job_id in bench.claimed_ids}
    assert {stored(job).worker_id for job in [*jobs, urgent]} == {worker.id}


def test_an_idle_worker_waits_for_a_dispatch(bench: Bench) -> None:
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    job = make_job()
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]


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
    job = make_job(type="tests.note_by_text", payload={"text": "ann"})
    succeed(job)

    broker.forget_everything()
    broker.mark_done([(job.effect_key, job.id)])
    broker.dispatch([QueueMessage(job.id, job.effect_key, "default", 5)])

    def refuse(*args: object) -> None:
        pytest.fail("PostgreSQL was asked")

    with connection.execute_wrapper(refuse):
        bench.fetcher.tick()
    assert bench.claimed_ids == []


def test_an_idle_worker_claims_what_it_waited_for_and_then_what_came_behind_it(
    bench: Bench, broker: RedisBroker
) -> None:
    waited_for = EmptyUntilWaitedFor(broker, lambda: [make_job() for _ in range(3)])
    bench.fetcher._source._broker = waited_for

    bench.fetcher.tick()
    assert len(bench.pools.claims) == 1

    bench.fetcher.tick()
    assert len({claim.id for claim in bench.pools.claims}) == 3


@pytest.mark.usefixtures("redis_away")
def test_while_redis_is_away_postgresql_is_the_queue(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(worker)
    late, urgent = make_job(), make_job(priority=9)
    make_job(delay_seconds=60)
    make_job(queue="bulk")
    bench.fetcher.tick()
    assert set(bench.claimed_ids) == {urgent.id, late.id}
    bench.fetcher.tick()
    assert len(bench.claimed_ids) == 2
    assert caplog.text.count("Redis is unavailable") == 1


def test_when_redis_is_back_it_is_asked_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    broker_outage.failed(BrokerUnavailable("gone"))
    wait_until(lambda: broker_outage.seconds_to_next_try == 0, every=0.01)
    job = make_job()
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]
    assert not broker_outage.is_on
    assert "Redis is back" in caplog.text


@pytest.mark.usefixtures("redis_away")
def test_workers_with_redis_gone_share_the_work_and_agree_about_keys() -> None:
    for number in range(60):
        make_job()
        make_job(type="tests.note_by_text", payload={"text": f"ann{number % 5}"})
    benches = [Bench(make_worker()) for _ in range(3)]

    def work(bench: Bench) -> list[UUID]:
        for _ in range(30):
            bench.fetcher.tick()
        return bench.claimed_ids

    ids = [one for many in at_once(*[partial(work, bench) for bench in benches]) for one in many]
    assert len(ids) == len(set(ids)) == 60 + 5
    assert Job.objects.running().filter(type="tests.note_by_text").count() == 5
    waiting = Job.objects.queued()
    assert waiting.count() == 55
    assert {job.attempt for job in waiting} == {0}
