"""Between queues: weights, strict order and the share of low priorities, with Redis and without."""

from collections import Counter

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core.fetch_order import FetchOrder
from jobs.core.ids import uuid7s
from jobs.core.message import QueueMessage
from jobs.core.queue_choice import STRICT, QueueChoice
from jobs.models import Worker
from jobs.services.enqueue import JobRequest, jobs_enqueue
from jobs.services.queues import queue_pause
from jobs.tests.factories import make_job
from jobs.tests.open_pools import Bench

pytestmark = pytest.mark.django_db(transaction=True)

QUEUES = ("default", "emails", "bulk")
SHARES = {"default": 0.6, "emails": 0.3, "bulk": 0.1}


def weighted() -> FetchOrder:
    return FetchOrder(QueueChoice(list(QUEUES), {"default": 6, "emails": 3, "bulk": 1}))


def make_jobs(number: int, **fields: object) -> None:
    requests = [
        JobRequest(type="tests.note", payload={"text": f"n{n}"}, queue=queue)
        for queue in QUEUES
        for n in range(number)
    ]
    jobs_enqueue(requests=requests)


def counts(bench: Bench) -> Counter[str]:
    return Counter(claim.queue for claim in bench.pools.claims)


@pytest.mark.parametrize("size", [1, 37, 500])
def test_ten_thousand_entries_come_in_their_shares(broker: RedisBroker, size: int) -> None:
    for queue in QUEUES:
        ids = uuid7s(10_000)
        broker.dispatch([QueueMessage(one, str(one), queue, 5) for one in ids])
    order = weighted()
    taken = Counter[str]()
    while taken.total() < 10_000:
        fetched = broker.fetch_portions(order.portions(QUEUES, size), size)
        assert len(fetched) == size
        order.took((one.message.queue, one.message.priority) for one in fetched)
        taken.update(one.message.queue for one in fetched)
    for queue, share in SHARES.items():
        assert taken[queue] == pytest.approx(taken.total() * share, rel=0.05)


def test_a_worker_claims_by_weights(worker: Worker) -> None:
    bench = Bench(worker, QUEUES, weighted())
    make_jobs(100)
    for _ in range(10):
        bench.fetcher.tick()
    assert counts(bench) == {"default": 60, "emails": 30, "bulk": 10}
    for _ in range(30):
        bench.fetcher.tick()
    assert counts(bench) == {"default": 100, "emails": 100, "bulk": 100}


@pytest.mark.usefixtures("redis_away")
def test_a_worker_claims_by_weights_while_redis_is_away(worker: Worker) -> None:
    bench = Bench(worker, QUEUES, weighted())
    make_jobs(20)
    for _ in range(2):
        bench.fetcher.tick()
    assert counts(bench) == {"default": 12, "emails": 6, "bulk": 2}
    for _ in range(4):
        bench.fetcher.tick()
    assert counts(bench) == {"default": 20, "emails": 20, "bulk": 20}


def test_a_paused_queue_leaves_its_share_to_the_others(worker: Worker) -> None:
    queue_pause(name="default")
    bench = Bench(worker, QUEUES, weighted())
    make_jobs(40)
    for _ in range(4):
        bench.fetcher.tick()
    assert counts(bench) == {"emails": 30, "bulk": 10}


@pytest.mark.parametrize("redis", ["there", "away"])
def test_in_strict_order_the_next_queue_waits(
    worker: Worker, redis: str, request: pytest.FixtureRequest
) -> None:
    if redis == "away":
        request.getfixturevalue("redis_away")
    order = FetchOrder(QueueChoice(["bulk", "default"], order=STRICT))
    bench = Bench(worker, ("bulk", "default"), order)
    bench.pools.capacity = 1
    last, first = make_job(priority=9), make_job(queue="bulk", priority=0)
    bench.fetcher.tick()
    bench.fetcher.tick()
    assert bench.claimed_ids == [first.id, last.id]


@pytest.mark.parametrize("redis", ["there", "away"])
def test_low_priorities_get_their_share(
    worker: Worker, redis: str, request: pytest.FixtureRequest
) -> None:
    if redis == "away":
        request.getfixturevalue("redis_away")
    bench = Bench(worker, order=FetchOrder(QueueChoice(["default"]), low_share=0.2))
    for priority in (9, 9, 9, 2):
        for _ in range(10):
            make_job(priority=priority)
    for _ in range(2):
        bench.fetcher.tick()
    assert Counter(claim.priority for claim in bench.pools.claims) == {9: 16, 2: 4}
