"""Rows in bulk: what lies in the tables while something else is measured."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

from django.db import ProgrammingError, connection

from jobs.broker import get_broker
from jobs.broker.base import ListName
from jobs.core.ids import uuid7s
from jobs.core.message import QueueMessage
from jobs.models import DeadLetter, Job, ProcessedKey, Worker
from jobs.services.enqueue import JobRequest, jobs_enqueue
from jobs.services.enqueue.insert import BATCH
from tools.benchmark.job_names import BACKLOG, EMPTY, POISON

LATER_PRIORITY = 0
# Old jobs do not lie between the new ones, as in a service that has run for long.
FINISHED_AGE_SECONDS = 3_600

# Two of three wait in a queue that the drain does not read, the third behind it in its own queue.
BEHIND_THE_DRAIN = ("default", LATER_PRIORITY)
BACKLOG_LISTS = (("bulk", 5), ("bulk", 9), BEHIND_THE_DRAIN)


def empty_everything() -> None:
    """Empties the tables and Redis, and leaves PostgreSQL nothing to write in the background."""
    tables = ", ".join(
        connection.ops.quote_name(model._meta.db_table)
        for model in (DeadLetter, ProcessedKey, Job, Worker)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    get_broker().forget_everything()
    vacuum_and_checkpoint()


def vacuum_and_checkpoint() -> None:
    """Does now what autovacuum and checkpointer would do in the middle of a measure."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) jobs_job, jobs_processedkey, jobs_worker")
        with suppress(ProgrammingError):  # takes a right that the service does not need
            cursor.execute("CHECKPOINT")


def enqueue_jobs(
    count: int, job_type: str = EMPTY, keyed: bool = False, poison_every: int = 0
) -> None:
    """Enqueues `count` jobs through the service, a thousand at a time, and with `poison_every` one
    more after so many, which always fails.
    """
    for start in range(0, count, BATCH):
        numbers = range(start, min(count, start + BATCH))
        of_type = requests(numbers, job_type, keyed=keyed)
        jobs_enqueue(requests=list(_with_poison(of_type, poison_every)))


def _with_poison(of_type: Sequence[JobRequest], every: int) -> Iterator[JobRequest]:
    for number, request in enumerate(of_type, 1):
        yield request
        if every and number % every == 0:
            yield JobRequest(type=POISON, payload={"number": number})


def requests(
    numbers: Sequence[int], job_type: str = EMPTY, *, keyed: bool = False
) -> list[JobRequest]:
    """One request for each number."""
    run = time.time_ns()
    return [
        JobRequest(
            type=job_type,
            payload={"number": number},
            idempotency_key=f"{run}-{number}" if keyed else None,
        )
        for number in numbers
    ]


def add_backlog(count: int, lists: Sequence[ListName] = BACKLOG_LISTS) -> None:
    """Adds `count` queued and dispatched jobs that no worker of a drain gets to."""
    for part in _parts(count):
        messages = [
            QueueMessage(job_id, str(job_id), *lists[number % len(lists)])
            for number, job_id in enumerate(uuid7s(part))
        ]
        messages.sort(key=lambda message: (message.queue, message.priority))
        _copy_queued(messages)
        get_broker().dispatch(messages)


def add_finished(count: int) -> None:
    """Adds `count` jobs that succeeded an hour ago."""
    for part in _parts(count):
        ids = [str(job_id) for job_id in uuid7s(part)]
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_FINISHED, {"ids": ids, "age": FINISHED_AGE_SECONDS})


def _parts(count: int) -> Iterator[int]:
    for start in range(0, count, 10_000):
        yield min(10_000, count - start)


def _copy_queued(messages: Sequence[QueueMessage]) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY_QUEUED) as copy:
        for number, message in enumerate(messages):
            own = str(message.job_id)
            payload = f'{{"number": {number}}}'
            row = (own, BACKLOG, message.queue, message.priority, payload, own)
            copy.write_row((*row, "queued", 0, 0, 0, 4, "[]"))


_COPY_QUEUED = """
COPY jobs_job (
    id, type, queue, priority, payload, effect_key,
    state, attempt, failures, crashes, max_retries, errors
) FROM STDIN
"""

# One in ten has a client's key, which the table of keys keeps.
_INSERT_FINISHED = f"""
WITH finished AS (
    INSERT INTO jobs_job (
        id, type, queue, priority, payload, effect_key, state, attempt, failures, crashes,
        max_retries, errors, worker_id, created_at, run_at, dispatched_at, claimed_at, finished_at
    )
    SELECT
        id::uuid, '{BACKLOG}', 'default', 5, '{{"number": 1}}',
        CASE WHEN position %% 10 = 0 THEN '{BACKLOG}:' || id ELSE '' END,
        'succeeded', 1, 0, 0, 4, '[]', id::uuid, at, at, at, at, at
    FROM unnest(%(ids)s::text[]) WITH ORDINALITY AS new (id, position), (
        SELECT now() - %(age)s * interval '1 second' AS at
    ) AS long_ago
    RETURNING id, effect_key, finished_at
)
INSERT INTO jobs_processedkey (key, job_id, created_at, processed_at)
SELECT effect_key, id, finished_at, finished_at FROM finished WHERE effect_key <> ''
"""  # noqa: S608
