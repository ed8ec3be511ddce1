"""What only the broker on Redis does: blocking, expiry, names of keys, broken connections."""

import re
import socket
import threading
from typing import Any
from unittest.mock import ANY

import pytest
import redis

from jobs.broker import redis as redis_module
from jobs.broker.redis import RedisBroker
from jobs.core.conf import jobs_conf
from jobs.core.errors import BrokerUnavailable
from jobs.core.ids import uuid7
from jobs.core.message import Fetched, QueueMessage
from jobs.tests.broker.own_servers import client_id
from jobs.tests.redis_commands import counted_commands
from jobs.tests.stamps import entries, stamp_ago
from jobs.tests.waiting import wait_until


@pytest.fixture
def client() -> Any:
    """A second client, which sees what the broker has written."""
    with redis.Redis.from_url(jobs_conf().redis_url, decode_responses=True) as client:
        yield client


def message(key: str | None = None) -> QueueMessage:
    job_id = uuid7()
    return QueueMessage(job_id, key or str(job_id), "default", 5)


def names(client: Any) -> set[str]:
    return set(client.scan_iter(match=f"{jobs_conf().redis_prefix}*"))


def test_waiting_ends_as_soon_as_something_is_dispatched(broker: RedisBroker, client: Any) -> None:
    popped: list[Fetched | None] = []
    waiting = threading.Thread(target=lambda: popped.append(broker.wait(["default"], 5)))
    waiting.start()
    wait_until(lambda: any(one["cmd"] == "brpop" for one in client.client_list()), every=0.01)
    one = message()
    broker.dispatch([one])
    waiting.join(5)
    assert [fetched and fetched.message for fetched in popped] == [one]


def test_threads_that_wait_never_get_the_same_message(broker: RedisBroker) -> None:
    dispatched = [message() for _ in range(50)]
    broker.dispatch(dispatched)
    popped: list[QueueMessage] = []

    def drain() -> None:
        while one := broker.wait(["default"], 0.05):
            popped.append(one.message)

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(one.job_id for one in popped) == [one.job_id for one in dispatched]


def test_every_key_is_below_the_prefix_and_in_one_slot(broker: RedisBroker, client: Any) -> None:
    broker.dispatch([message()])
    broker.dispatch_later([(message(), 60)])
    broker.mark_done([("welcome:ann", uuid7())])
    prefix = jobs_conf().redis_prefix
    assert names(client) == {
        f"{prefix}queue:default:5",
        f"{prefix}delayed",
        f"{prefix}seen:welcome:ann",
    }
    assert len({client.execute_command("CLUSTER KEYSLOT", name) for name in names(client)}) == 1


def test_forgetting_leaves_keys_outside_of_the_prefix(broker: RedisBroker, client: Any) -> None:
    client.set("of-another-project", "1", ex=60)
    broker.dispatch([message()])
    broker.forget_everything()
    assert names(client) == set()
    assert client.get("of-another-project") == "1"
    client.delete("of-another-project")


def test_a_list_holds_ids_stamps_and_shared_effect_keys_alone(broker: RedisBroker) -> None:
    own, shared = message(), message(key="welcome:ann")
    broker.dispatch([own, shared])
    broker.dispatch_later([(shared, -1.0)])
    broker.promote_due(1)
    assert [re.sub(r"@\d{13}", "@<stamp>", text) for text in entries()] == [
        f"{own.job_id} @<stamp>",
        f"{shared.job_id} @<stamp> welcome:ann",
        f"{shared.job_id} @<stamp> welcome:ann",
    ]


def test_what_is_pushed_back_is_written_as_it_was(broker: RedisBroker) -> None:
    broker.dispatch([message(), message(key="welcome:ann b"), message()], age_seconds=60)
    before = entries()
    broker.push_back(broker.fetch(["default"], 2))
    one = broker.wait(["default"], 1)
    assert one is not None
    broker.push_back([one])
    assert entries() == before


def test_entries_of_the_version_before_stamps_are_understood(
    broker: RedisBroker, client: Any
) -> None:
    own, shared, new = message(), message(key="welcome:@7 ann b"), message()
    key = f"{jobs_conf().redis_prefix}queue:default:5"
    old = [str(own.job_id), f"{shared.job_id} {shared.effect_key}"]
    client.lpush(key, *old)
    broker.dispatch([new])
    assert ("default", 5) not in broker.head_ages(["default"])  # what lies behind is unknown
    fetched = broker.fetch(["default"], 2)
    assert [(one.message, one.cache_mark, one.stamp) for one in fetched] == [
        (own, "", None),
        (shared, "", None),
    ]
    broker.push_back(fetched)
    assert entries()[:2] == old
    broker.return_claimed([(new, 1.0)])
    assert entries()[:3] == [str(new.job_id), *old]
    seen = [one for slice_ in broker.waiting_messages(["default"]) for one in slice_]
    assert set(seen) == {own, shared, new}


@pytest.mark.parametrize("head", ["", "junk", "\xff" * 40])
def test_a_head_that_cannot_be_read_is_no_empty_list(
    head: str, broker: RedisBroker, client: Any
) -> None:
    broker.dispatch([message()])
    client.rpush(f"{jobs_conf().redis_prefix}queue:default:5", head)
    ages = broker.head_ages(["default", "bulk"])
    assert ("default", 5) not in ages
    assert len(ages) == 19
    assert set(ages.values()) == {None}


def test_a_head_from_the_future_tells_nothing(broker: RedisBroker) -> None:
    """The clock of Redis was set back, or a replica with another clock took over."""
    one = message()
    broker.dispatch([one])
    stamp_ago({one.job_id}, -60.0)
    assert ("default", 5) not in broker.head_ages(["default"])


def test_a_batch_of_any_size_is_dispatched_and_again(broker: RedisBroker) -> None:
    many = [message() for _ in range(9_500)]
    broker.dispatch_later([(one, 60.0) for one in many])
    broker.dispatch(many, is_repeated=True)
    assert broker.depth(["default"]).delayed == 0
    assert [one.message for one in broker.fetch(["default"], 10_000)] == many


def test_cache_marks_expire(broker: RedisBroker, client: Any) -> None:
    claimed, done = message(key="welcome:ann"), message(key="welcome:bob")
    broker.dispatch([claimed])
    broker.fetch(["default"], 1)
    broker.mark_done([(done.effect_key, done.job_id)])
    for one in (claimed, done):
        seconds = client.ttl(f"{jobs_conf().redis_prefix}seen:{one.effect_key}")
        assert 0 < seconds <= jobs_conf().cache_mark_seconds


def test_connections_that_were_cut_cost_no_error(broker: RedisBroker, client: Any) -> None:
    """As after a restart of Redis, or of a proxy in between."""

    def cut() -> None:
        for own in (broker._kept, broker._kept_blocking):
            client.client_kill_filter(_id=own.ask(client_id))

    one = message()
    cut()
    broker.dispatch([one])
    cut()
    assert broker.wait(["default"], 1) == Fetched(one, stamp=ANY)


def test_scripts_that_redis_has_forgotten_are_loaded_again(
    broker: RedisBroker, client: Any
) -> None:
    broker.fetch(["default"], 1)
    client.script_flush()
    one = message()
    broker.dispatch([one])
    assert [fetched.message for fetched in broker.fetch(["default"], 1)] == [one]
    client.script_flush()
    broker.dispatch_later([(one, -1.0)])
    client.script_flush()
    assert broker.promote_due(1) == 1


def test_a_redis_that_says_nothing_counts_as_away() -> None:
    """It accepts the connection and never answers: a frozen server, or a broken network."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        broker = RedisBroker(f"redis://127.0.0.1:{port}/0?socket_timeout=0.1", "{away}:", 60)
        with pytest.raises(BrokerUnavailable):
            broker.ping()
        broker.disconnect()


def test_empty_lists_cost_no_commands(broker: RedisBroker) -> None:
    queues = [f"queue-{number}" for number in range(20)]
    broker.fetch(queues, 10)
    broker.head_ages(queues)
    with counted_commands() as commands:
        assert broker.fetch(queues, 10) == []
        assert set(broker.head_ages(queues).values()) == {None}
        assert broker.promote_due(10) == 0
    assert commands.total <= 8, commands.counts


@pytest.mark.parametrize(("seconds", "asked"), [(1e9, 0), (0.0, 3)])
def test_not_every_fetch_asks_whether_redis_takes_dispatches(
    broker: RedisBroker, monkeypatch: pytest.MonkeyPatch, seconds: float, asked: int
) -> None:
    monkeypatch.setattr(redis_module, "WRITABLE_SECONDS", 0.0)
    broker.fetch(["default"], 1)
    monkeypatch.setattr(redis_module, "WRITABLE_SECONDS", seconds)
    with counted_commands() as commands:
        for _ in range(3):
            broker.fetch(["default"], 1)
    assert commands.counts.get("cmdstat_setrange", 0) == asked


def test_there_may_be_thousands_of_queues(broker: RedisBroker) -> None:
    """Ten lists each: more keys than Lua passes to a command."""
    queues = [f"queue-{number}" for number in range(1_200)]
    sent = []
    for queue in (queues[0], queues[600], queues[-1]):
        job_id = uuid7()
        sent.append(QueueMessage(job_id, str(job_id), queue, 5))
    broker.dispatch(sent)
    heads = [name for name, age in broker.head_ages(queues).items() if age is not None]
    assert heads == [(one.queue, 5) for one in sent]
    assert [one.message for one in broker.fetch(queues, 2)] == sent[:2]
    assert [one.message for one in broker.fetch(queues, 2)] == sent[2:]


def test_the_order_of_queues_is_that_of_the_caller(broker: RedisBroker) -> None:
    for queue in ("a", "b", "c"):
        job_id = uuid7()
        broker.dispatch([QueueMessage(job_id, str(job_id), queue, 5)] * 2)
    fetched = [one.message.queue for one in broker.fetch(["c", "a", "b"], 5)]
    assert fetched == ["c", "c", "a", "a", "b"]
