"""A Redis that answers and refuses writes, while a `with` block runs; other tests share it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from jobs.core.conf import jobs_conf
from jobs.tests.conftest import CLOSED_PORT


@contextmanager
def full_redis() -> Iterator[None]:
    """Redis has no memory left, and evicts nothing."""
    with _client() as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


@contextmanager
def read_only_redis() -> Iterator[None]:
    """Redis has been demoted: it is the replica of a primary that is gone."""
    with _client() as client:
        client.execute_command("REPLICAOF", "127.0.0.1", CLOSED_PORT)
        try:
            yield
        finally:
            client.execute_command("REPLICAOF", "NO", "ONE")


def _client() -> Any:
    return redis.Redis.from_url(jobs_conf().redis_url, decode_responses=True)
