"""A key of ours that holds something else takes Redis away from nobody, and is replaced."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core.ids import uuid7
from jobs.core.message import Fetched, QueueMessage
from jobs.core.outage import broker_outage
from jobs.models import Job
from jobs.services.maintenance.repair import jobs_repair
from jobs.services.verification.redis import redis_checks
from jobs.tests.factories import make_job
from jobs.tests.violations import found

LIST, DELAYED, WRITABLE = "{prefix}queue:default:7", "{prefix}delayed", "{prefix}writable"

WRITES: dict[str, Callable[[Any, str], object]] = {
    "string": lambda client, key: client.set(key, "text"),
    "hash": lambda client, key: client.hset(key, "field", "text"),
    "list": lambda client, key: client.rpush(key, "text"),
    "zset": lambda client, key: client.zadd(key, {"text": 1.0}),
}
WRONG = [
    (LIST, "string"),
    (LIST, "hash"),
    (LIST, "zset"),
    (DELAYED, "string"),
    (DELAYED, "list"),
    (WRITABLE, "list"),
    (WRITABLE, "hash"),
]


def message(priority: int = 7, key: str | None = None) -> QueueMessage:
    job_id = uuid7()
    return QueueMessage(job_id, key or str(job_id), "default", priority)


def spoil(broker: RedisBroker, key: str, kind: str) -> None:
    WRITES[kind](broker._client, key.format(prefix=broker._keys.prefix))


CALLS: dict[str, Callable[[RedisBroker], object]] = {
    "dispatch": lambda broker: broker.dispatch([message(), message(5)]),
    "dispatch again": lambda broker: broker.dispatch([message()], is_repeated=True),
    "push_back": lambda broker: broker.push_back([Fetched(message())]),
    "return_claimed": lambda broker: broker.return_claimed([(message(), 1.0)]),
    "dispatch_later": lambda broker: broker.dispatch_later([(message(), 1.0)]),
    "promote_due": lambda broker: broker.promote_due(10),
    "fetch": lambda broker: broker.fetch(["default"], 10),
    "wait": lambda broker: broker.wait(["default"], 0.05),
    "head_ages": lambda broker: broker.head_ages(["default"]),
    "head_jobs": lambda broker: broker.head_jobs(["default"]),
    "note_moment": lambda broker: broker.note_moment(datetime.now(UTC)),
    "noted_moment": lambda broker: broker.noted_moment(),
    "remove_jobs": lambda broker: broker.remove_jobs(["default"], [message().job_id]),
    "depth": lambda broker: broker.depth(["default"]),
    "waiting_messages": lambda broker: list(broker.waiting_messages(["default"])),
    "ping": lambda broker: broker.ping(),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("key", "kind"), WRONG)
def test_no_call_fails_of_it(key: str, kind: str, call: str, broker: RedisBroker) -> None:
    broker.dispatch([message(3)])
    spoil(broker, key, kind)
    CALLS[call](broker)


@pytest.mark.parametrize(("key", "kind"), WRONG)
def test_all_that_was_dispatched_comes_out_and_a_line_says_what_was_removed(
    key: str, kind: str, broker: RedisBroker, caplog: pytest.LogCaptureFixture
) -> None:
    below = [message(3), message(3)]
    broker.dispatch(below)
    spoil(broker, key, kind)
    assert [one.message for one in broker.fetch(["default"], 10)] == below
    above = message()
    broker.dispatch([above])
    broker.dispatch_later([(above, -1.0)])
    broker.fetch(["default"], 10)
    assert broker.wrong_types(["default"]) == []
    assert caplog.text.count("Removed ") == 1


def test_a_list_before_it_is_handed_out(broker: RedisBroker) -> None:
    urgent, below = message(9), message(3)
    broker.dispatch([urgent, below])
    spoil(broker, LIST, "hash")
    assert [one.message for one in broker.fetch(["default"], 10)] == [urgent]
    assert [one.message for one in broker.fetch(["default"], 10)] == [below]


def test_a_delayed_message_for_such_a_list_is_not_lost(broker: RedisBroker) -> None:
    here, elsewhere = message(7), message(5)
    broker.dispatch_later([(here, -2.0), (elsewhere, -1.0)])
    spoil(broker, LIST, "string")
    broker.promote_due(10)
    broker.promote_due(10)
    assert [one.message for one in broker.fetch(["default"], 10)] == [here, elsewhere]


def test_a_list_of_the_wrong_type_is_no_empty_list(broker: RedisBroker) -> None:
    spoil(broker, LIST, "hash")
    ages = broker.head_ages(["default"])
    assert ("default", 7) not in ages
    assert len(ages) == 9


def test_a_cache_mark_of_the_wrong_type_is_none(broker: RedisBroker) -> None:
    one = message(key="welcome:ann")
    broker.dispatch([one, one])
    spoil(broker, "{prefix}seen:welcome:ann", "hash")
    first, second = broker.fetch(["default"], 10)
    assert (first.cache_mark, second.cache_mark) == ("", f"claimed:{one.job_id}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_redispatch")
@pytest.mark.parametrize(("key", "kind"), WRONG)
def test_the_verifier_names_it_and_repair_replaces_it(
    key: str, kind: str, broker: RedisBroker
) -> None:
    job = make_job(priority=7)
    broker.forget_everything()
    Job.objects.filter(id=job.id).update(
        run_at=job.created_at.replace(year=2020), dispatched_at=job.created_at.replace(year=2020)
    )
    spoil(broker, key, kind)
    assert found(redis_checks()) == {"key_types": 1, "dispatches": 1}
    repaired = jobs_repair()
    assert (repaired.keys_removed, repaired.redispatched) == (1, 1)
    assert found(redis_checks()) == {}
    assert not broker_outage.is_on
    assert [one.message.job_id for one in broker.fetch(["default"], 10)] == [job.id]
