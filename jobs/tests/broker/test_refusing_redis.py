"""Redis answers and refuses writes: full, or demoted. Work goes on from PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import redis

from jobs.broker import get_broker
from jobs.broker.redis import RedisBroker
from jobs.core.conf import jobs_conf
from jobs.core.errors import BrokerUnavailable
from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage
from jobs.core.outage import broker_outage
from jobs.models import Job
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.maintenance.redispatch import jobs_redispatch_lost
from jobs.services.maintenance.round import Round
from jobs.tests.factories import make_job, make_worker
from jobs.tests.open_pools import Bench
from jobs.tests.refusing_redis import full_redis, read_only_redis
from jobs.tests.steps import dispatched_ago, stored, succeed
from jobs.tests.threads import at_once
from jobs.tests.turns import redispatch_turn
from jobs.tests.waiting import wait_until
from jobs.worker import redispatch_timer, timers
from jobs.worker.counts import Counts
from jobs.worker.fetching import fetcher as fetcher_module
from jobs.worker.fetching import source as source_module

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = 60.0
THREADS = 8


@pytest.fixture(autouse=True)
def brief_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "BLOCK_SECONDS", 0.05)
    monkeypatch.setattr(fetcher_module, "DATABASE_POLL_SECONDS", 0.01)


@pytest.fixture(
    params=[pytest.param(full_redis, id="full"), pytest.param(read_only_redis, id="read-only")]
)
def refusing(request: pytest.FixtureRequest) -> Iterator[None]:
    how: Callable[[], AbstractContextManager[None]] = request.param
    with how():
        yield


def message() -> QueueMessage:
    job_id = uuid7()
    return QueueMessage(job_id, str(job_id), "default", 5)


def turn(bench: Bench) -> None:
    """One turn of a worker that asks Redis first."""
    wait_until(lambda: broker_outage.seconds_to_next_try == 0, every=0.01)
    bench.fetcher.tick()


def claimed(bench: Bench) -> set[object]:
    return {claim.id for claim in bench.pools.claims}


@pytest.mark.usefixtures("refusing")
def test_an_idle_worker_takes_jobs_from_postgresql(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(make_worker())
    for _ in range(2):
        job = make_job()
        turn(bench)
        assert job.id in claimed(bench)
        turn(bench)  # nothing left to do, and Redis is no better for it
        assert broker_outage.is_on
    assert caplog.text.count("Redis is unavailable") == 1
    assert "Redis is back" not in caplog.text


@pytest.mark.usefixtures("refusing")
def test_a_dispatch_that_was_refused_is_not_dated() -> None:
    job = make_job()
    dispatched_ago(job, LONG_AGO)
    before = stored(job)
    with pytest.raises(BrokerUnavailable):
        jobs_redispatch_lost(queues=["default"])
    assert stored(job).dispatched_at == before.dispatched_at


def test_during_an_outage_of_redis_nothing_is_dispatched_again() -> None:
    job = make_job()
    dispatched_ago(job, LONG_AGO)
    get_broker().forget_everything()
    before = stored(job)
    broker_outage.failed(BrokerUnavailable("refused"))
    redispatch_turn()
    assert stored(job).dispatched_at == before.dispatched_at
    broker_outage.ended()
    redispatch_turn()
    assert stored(job).dispatched_at > before.dispatched_at


def test_rounds_end_where_redis_begins_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds: list[int] = []

    def full_round(**kwargs: object) -> Round:
        rounds.append(1)
        broker_outage.failed(BrokerUnavailable("refused"))
        return Round(1, is_full=True)

    monkeypatch.setattr(redispatch_timer, "jobs_redispatch_lost", full_round)
    redispatch_turn()
    assert len(rounds) == 1


@pytest.mark.usefixtures("refusing")
def test_an_empty_delayed_set_does_not_end_an_outage() -> None:
    broker_outage.failed(BrokerUnavailable("refused"))
    wait_until(lambda: broker_outage.seconds_to_next_try == 0, every=0.01)
    timers._promote_due(Counts(), threading.Event())
    assert broker_outage.is_on


def test_asking_whether_it_is_writable_leaves_no_key(broker: RedisBroker) -> None:
    broker.check_writable()
    assert not list(broker._client.scan_iter(match=f"{jobs_conf().redis_prefix}*"))
    for refuses in (full_redis, read_only_redis):
        with refuses(), pytest.raises(BrokerUnavailable):
            broker.check_writable()
    broker.check_writable()


def test_what_fills_a_full_redis_is_dropped_and_dispatched_again_later(broker: RedisBroker) -> None:
    """Workers take jobs from PostgreSQL meanwhile, and none would ever empty the lists."""
    jobs = [make_job() for _ in range(5)]
    with full_redis():
        for _ in range(2):
            with pytest.raises(BrokerUnavailable):
                broker.fetch(["default"], 2)
        assert sum(broker.depth(["default"]).ready.values()) == 0
        for job in jobs:
            dispatched_ago(job, LONG_AGO)
    broker_outage.ended()
    assert jobs_redispatch_lost(queues=["default"]).count == 5
    fetched = broker.fetch(["default"], 9)
    assert [one.message.job_id for one in fetched] == [job.id for job in jobs]


def test_a_read_only_redis_keeps_what_it_has(broker: RedisBroker) -> None:
    job = make_job()
    with read_only_redis(), pytest.raises(BrokerUnavailable):
        broker.fetch(["default"], 2)
    assert [one.message.job_id for one in broker.fetch(["default"], 2)] == [job.id]


def test_many_threads_at_a_read_only_redis_get_the_same_error(broker: RedisBroker) -> None:
    """The first one to get it must not close connections that the others are reading from."""

    def ask() -> list[str]:
        heard = set()
        for _ in range(60):
            try:
                broker.dispatch([message()])
            except Exception as error:  # noqa: BLE001 - which ones is the question
                heard.add(type(error).__name__)
        return sorted(heard)

    with read_only_redis():
        heard = at_once(*[ask] * THREADS)
    assert heard == [["BrokerUnavailable"]] * THREADS
    broker.ping()


def test_a_bug_in_dispatch_does_not_undo_what_is_committed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(RedisBroker, "dispatch", fail)
    assert Job.objects.filter(id=make_job().id).exists()
    dispatch_after_commit([(message(), 0.0)])
    assert caplog.text.count("a bug") >= 2


@pytest.fixture
def junk() -> Iterator[bytes]:
    """Bytes that are no text. Only a client of bytes can remove the cache mark they leave."""
    yield (junk := b"\xff\xfe" * 18)
    with redis.Redis.from_url(jobs_conf().redis_url) as client:
        client.unlink(f"{jobs_conf().redis_prefix}seen:".encode() + junk)


def test_bytes_that_are_no_text_are_dropped_like_other_junk(
    broker: RedisBroker, junk: bytes
) -> None:
    key = broker._keys.list("default", 5)
    job = make_job()
    broker._client.rpush(key, junk, junk)
    assert ("default", 5) not in broker.head_ages(["default"])
    assert len([one for slice_ in broker.waiting_messages(["default"]) for one in slice_]) == 1
    assert broker.wait(["default"], 0.05) is None
    fetched = broker.fetch(["default"], 9)
    assert [one.message.job_id for one in fetched] == [job.id]


@contextmanager
def memory_limit(broker: RedisBroker, share: float) -> Iterator[None]:
    """Redis may use this share of the memory that it uses now beyond what it needs when empty."""
    used = broker._client.info("memory")["used_memory"]
    dataset = broker._client.info("memory")["used_memory_dataset"]
    broker._client.config_set("maxmemory", used - int(dataset * (1 - share)))
    try:
        yield
    finally:
        broker._client.config_set("maxmemory", 0)


def marks_of(broker: RedisBroker) -> int:
    return sum(1 for _ in broker._client.scan_iter(match=f"{broker._keys.cache_mark_prefix}*"))


def test_a_full_redis_loses_cache_marks_first_and_goes_on(broker: RedisBroker) -> None:
    for start in range(0, 40_000, 1_000):
        broker.mark_done([(f"note:{start + number}", uuid7()) for number in range(1_000)])
    waiting = [message() for _ in range(2_000)]
    broker.dispatch(waiting)
    with memory_limit(broker, 0.8):
        with pytest.raises(BrokerUnavailable):
            broker.check_writable()
        fetched = broker.fetch(["default"], 10)
        assert [one.message for one in fetched] == waiting[:10]
        broker.dispatch([message()])
    assert 0 < marks_of(broker) < 40_000
    assert broker.depth(["default"]).ready["default", 5] == 1_991


def test_without_cache_marks_the_lists_are_trimmed_and_it_goes_on(broker: RedisBroker) -> None:
    waiting = [message() for _ in range(10_000)]
    broker.dispatch(waiting)
    broker.dispatch_later([(message(), 60.0 + number) for number in range(5_000)])
    with memory_limit(broker, 0.9):
        wait_until(lambda: fetches(broker), every=0.01)
        broker.dispatch([message()])
    depth = broker.depth(["default"])
    assert 0 < depth.ready["default", 5] < 10_000
    assert 0 < depth.delayed < 5_000


def fetches(broker: RedisBroker) -> bool:
    try:
        return bool(broker.fetch(["default"], 1))
    except BrokerUnavailable:
        return False


def test_a_job_that_is_its_own_key_leaves_no_cache_mark(broker: RedisBroker) -> None:
    """Millions of them a day would fill Redis with what nobody will ever ask for."""
    own, shared = make_job(), make_job(type="tests.note_by_text", payload={"text": "ann"})
    assert len(broker.fetch(["default"], 9)) == 2
    assert marks_of(broker) == 1
    succeed(own)
    succeed(shared)
    assert marks_of(broker) == 1
    get_broker().mark_done([(own.effect_key, own.id)])  # as the version before did
    broker.dispatch([QueueMessage(own.id, own.effect_key, "default", 5)])
    [again] = broker.fetch(["default"], 9)
    assert again.cache_mark == ""
