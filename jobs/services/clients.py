"""A client leaves: its jobs and dead letters stay, and name it no longer."""

from typing import Any
from uuid import UUID

from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import run

# Rows in one transaction: 50 ms, in which their locks hold up nobody.
DETACH_BATCH = 1_000

_ABOVE_ALL = UUID(int=2**128 - 1)


def client_detach(*, user_id: Any) -> int:
    """Sets `submitted_by` and `idempotency_key` of a client's jobs to NULL; returns how many.

    `client_left_at` keeps the moment, so that nobody takes them for jobs of code.

    And what names it in dead letters. To be called before its user is deleted, outside of any
    transaction: Django's `delete` would do the same in a single one, which holds the locks on all
    of the rows until it ends (16 s for 300,000 jobs). In batches no worker waits for them. What is
    locked at this moment, or submitted later, is left to `delete`.

    `user_id`: the primary key of the user.
    """
    _in_batches("detach_dead_letters", user_id)
    return _in_batches("detach_jobs", user_id)


def _in_batches(statement: str, user_id: Any) -> int:
    below, detached = _ABOVE_ALL, 0
    while True:
        last, count = _one_batch(statement, user_id, below)
        detached += count
        if count < DETACH_BATCH or last is None:
            return detached
        below = last


@repeats_conflicts
def _one_batch(statement: str, user_id: Any, below: UUID) -> tuple[UUID | None, int]:
    with short_transaction():
        [(last, count)] = run(statement, user_id=user_id, below=below, limit=DETACH_BATCH)
    return last, count
