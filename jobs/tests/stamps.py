"""Moves the moment at which entries in Redis were dispatched, as time would."""

from collections.abc import Callable
from uuid import UUID

import redis

from jobs.broker import get_broker
from jobs.broker.base import ListName
from jobs.broker.keys import Keys
from jobs.broker.redis import RedisBroker
from jobs.core.conf import jobs_conf
from jobs.core.errors import BrokerUnavailable
from jobs.core.message import Entry


def stamp_ago(job_ids: set[UUID], seconds: float) -> None:
    """The entries of these jobs were dispatched `seconds` ago; nothing happens without Redis."""
    now = redis_milliseconds()
    if now is not None:
        _restamp(lambda entry: _stamped(entry, job_ids, now - round(seconds * 1_000)))


def let_stamps_age(seconds: float) -> None:
    """Every entry in the lists was dispatched `seconds` earlier than it was."""
    _restamp(lambda entry: entry._replace(stamp=(entry.stamp or 0) - round(seconds * 1_000)))


def redis_milliseconds() -> int | None:
    """The clock of Redis, in milliseconds since 1970; None without Redis."""
    try:
        seconds, microseconds = _broker()._client.time()
    except redis.exceptions.RedisError:
        return None
    return int(seconds) * 1_000 + int(microseconds) // 1_000


def entries(queue: str = "default", priority: int = 5) -> list[str]:
    """What lies in a list, as it is written there; the next one to come out is the first."""
    key = Keys(jobs_conf().redis_prefix).list(queue, priority)
    found: list[str] = _broker()._client.lrange(key, 0, -1)
    return found[::-1]


def remove_entries(job_id: UUID) -> None:
    """Takes what Redis holds of a job out of its lists, as if it were lost."""
    broker = _broker()
    for name in _lists():
        for text in entries(*name):
            if text.startswith(str(job_id)):
                broker._client.lrem(broker._keys.list(*name), 0, text)


def all_entries() -> list[str]:
    """What lies in all lists, as it is written there."""
    return [text for name in _lists() for text in entries(*name)]


def _lists() -> list[ListName]:
    """Those that hold something."""
    return [name for name, count in _broker().depth(jobs_conf().queues).ready.items() if count]


def _restamp(change: Callable[[Entry], Entry]) -> None:
    broker = _broker()
    try:
        for name in _lists():
            key = broker._keys.list(*name)
            for index, text in enumerate(broker._client.lrange(key, 0, -1)):
                broker._client.lset(key, index, change(Entry.decode(text, *name)).encode())
    except (redis.exceptions.RedisError, BrokerUnavailable):
        return


def _stamped(entry: Entry, job_ids: set[UUID], stamp: int) -> Entry:
    return entry._replace(stamp=stamp) if entry.message.job_id in job_ids else entry


def _broker() -> RedisBroker:
    broker = get_broker()
    assert isinstance(broker, RedisBroker)
    return broker
