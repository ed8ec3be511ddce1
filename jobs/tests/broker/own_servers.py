"""The broker and the cache on servers of a test, and whether they serve."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django_redis.cache import RedisCache

from jobs.broker.redis import RedisBroker
from jobs.core.errors import BrokerUnavailable
from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage

PREFIX = "{jobs}:"
QUEUES = ["default"]


@contextmanager
def broker_at(url: str) -> Iterator[RedisBroker]:
    broker = RedisBroker(url, PREFIX, 60)
    yield broker
    broker.disconnect()


def message() -> QueueMessage:
    return QueueMessage(job_id := uuid7(), str(job_id), "default", 5)


def client_id(connection: Any) -> int:
    """The number by which the server knows this connection."""
    connection.send_command("CLIENT", "ID")
    return int(connection.read_response())


def serves(broker: RedisBroker) -> bool:
    """Whether a message that is dispatched now can be fetched."""
    one = message()
    try:
        broker.dispatch([one])
        return one in [fetched.message for fetched in broker.fetch(QUEUES, 1_000)]
    except BrokerUnavailable:
        return False


def cache_at(url: str) -> Any:
    options = {
        "CONNECTION_FACTORY": "scheduler.cache_connections.CacheConnections",
        "PREFIX": PREFIX,
        "SOCKET_TIMEOUT": 1,
        "SOCKET_CONNECT_TIMEOUT": 1,
    }
    return RedisCache([url], {"KEY_PREFIX": f"{PREFIX}cache", "OPTIONS": options})


def keeps(cache: Any) -> bool:
    try:
        cache.set("name", 7, timeout=60)
        return bool(cache.get("name") == 7)
    except Exception:  # noqa: BLE001 - whatever the driver says meanwhile
        return False
