"""What PostgreSQL and Redis can do alone: the limits beside the figures.

The table has the columns, indexes and constraints of the jobs' own; the statements are the
least that changes its rows. One process, one connection, prepared statements.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from uuid import UUID

import psycopg
from django.db import connection
from django_redis import get_redis_connection

from jobs.core.conf import jobs_conf
from jobs.core.ids import uuid7s
from tools.benchmark.turns import Action

BATCH = 200  # of claims and outcomes
BULK = 1_000  # of rows that come in
_BLOCK_SECONDS = 0.5  # shorter than the time limit of the client's socket

_TABLE = "benchmark_raw"
_INSERT = f"""
INSERT INTO {_TABLE} (
    id, type, queue, priority, payload, effect_key, state, attempt, failures, crashes,
    max_retries, errors
)
"""
_INSERT_ONE = _INSERT + (
    "VALUES (%s, 'raw', 'default', 5, '{\"number\": 1}', %s, 'queued', 0, 0, 0, 4, '[]')"
)
_INSERT_MANY = _INSERT + (
    "SELECT id, 'raw', 'default', 5, '{\"number\": 1}', id::text, 'queued', 0, 0, 0, 4, '[]' "
    "FROM unnest(%s::uuid[]) AS new (id)"
)
_CLAIM = f"""
UPDATE {_TABLE}
SET state = 'running', worker_id = %s, attempt = attempt + 1, claimed_at = now()
WHERE id = ANY(%s) AND state = 'queued'
RETURNING id, type, payload
"""  # noqa: S608
_FINISH = f"""
UPDATE {_TABLE} SET state = 'succeeded', finished_at = now()
WHERE id = ANY(%s) AND state = 'running'
RETURNING id
"""  # noqa: S608


def claim_and_finish(count: int) -> float:
    """Rows a second through one claim and one finish, in batches of 200."""
    with _table() as postgres:
        ids = uuid7s(count)
        _insert_many(postgres, ids)
        postgres.execute(f"VACUUM ANALYZE {_TABLE}")
        worker_id = ids[0]
        started = time.perf_counter()
        for start in range(0, count, BATCH):
            batch = ids[start : start + BATCH]
            postgres.execute(_CLAIM, (worker_id, batch)).fetchall()
            postgres.execute(_FINISH, (batch,)).fetchall()
        return count / (time.perf_counter() - started)


@contextmanager
def inserts_and_pushes() -> Iterator[Action]:
    """Gives an action that inserts rows, each with a commit and an LPUSH of its own."""
    redis, key = _redis()

    def insert(count: int) -> None:
        for job_id in uuid7s(count):
            text = str(job_id)
            postgres.execute(_INSERT_ONE, (job_id, text))
            redis.lpush(key, text)

    with _table() as postgres:
        yield insert
    redis.delete(key)


def pickups(count: int, every_seconds: float) -> list[float]:
    """Milliseconds, sorted, from before a bare INSERT and LPUSH until another process has had a
    bare BRPOP and a bare claim: one row every `every_seconds`, while nothing else happens.
    """
    redis, key = _redis()
    with _table() as postgres, _claiming_process(count, key) as waits:
        due = time.monotonic()
        for job_id in uuid7s(count):
            since = time.time()
            postgres.execute(_INSERT_ONE, (job_id, str(job_id)))
            redis.lpush(key, f"{job_id} {since}")
            due += every_seconds
            time.sleep(max(0.0, due - time.monotonic()))
        return sorted(float(line) * 1_000 for line in waits.read().split())


@contextmanager
def _claiming_process(count: int, key: str) -> "Iterator[IO[str]]":
    """What it writes: for each row the seconds since the moment that came with it."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            with os.fdopen(writer, "w") as pipe:
                pipe.writelines(f"{seconds}\n" for seconds in _claim_one_by_one(count, key))
        finally:
            os._exit(0)
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            yield pipe
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _claim_one_by_one(count: int, key: str) -> "Iterator[float]":
    """In a fork: the client of Redis notices that, and PostgreSQL gets a connection of its own."""
    redis, _ = _redis()
    worker_id = uuid7s(1)[0]
    with connect() as postgres:
        while count:
            if (popped := redis.brpop(key, timeout=_BLOCK_SECONDS)) is None:
                continue
            job_id, _, since = popped[1].decode().partition(" ")
            postgres.execute(_CLAIM, (worker_id, [UUID(job_id)])).fetchall()
            yield time.time() - float(since)
            count -= 1


@contextmanager
def bulk_inserts() -> Iterator[Action]:
    """Gives an action that inserts rows in batches of a thousand, without a push."""
    with _table() as postgres:
        yield lambda count: _insert_many(postgres, uuid7s(count))


def brpop(count: int) -> float:
    """Ids a second that a bare BRPOP loop takes out of one list."""
    redis, key = _redis()
    ids = [str(job_id) for job_id in uuid7s(count)]
    for start in range(0, count, BULK):
        redis.lpush(key, *ids[start : start + BULK])
    started = time.perf_counter()
    for _ in range(count):
        redis.brpop(key, timeout=1)
    seconds = time.perf_counter() - started
    redis.delete(key)
    return count / seconds


def _insert_many(postgres: "psycopg.Connection[Any]", ids: list[UUID]) -> None:
    for start in range(0, len(ids), BULK):
        postgres.execute(_INSERT_MANY, (ids[start : start + BULK],))


@contextmanager
def _table() -> "Iterator[psycopg.Connection[Any]]":
    """A connection past Django, and an empty table that is gone afterwards."""
    with connect() as postgres:
        postgres.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        postgres.execute(f"CREATE TABLE {_TABLE} (LIKE jobs_job INCLUDING ALL)")
        try:
            yield postgres
        finally:
            postgres.execute(f"DROP TABLE {_TABLE}")


def connect() -> "psycopg.Connection[Any]":
    """A connection past Django."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    known = {name: parameters[name] for name in names if parameters.get(name)}
    return psycopg.connect(**known, autocommit=True)


def _redis() -> tuple[Any, str]:
    """A client without the broker, and a key below the benchmark's prefix."""
    return get_redis_connection("default"), f"{jobs_conf().redis_prefix}raw"
