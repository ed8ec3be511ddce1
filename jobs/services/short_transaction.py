"""Transactions whose locks a frozen process cannot hold for long, and locks that are only tried."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from jobs.core.conf import jobs_conf
from jobs.sql.own_session import LOCK_SECONDS, has_session_limits
from jobs.sql.statements import execute, fetch_rows


@contextmanager
def short_transaction(*, lock_seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """A transaction of our statements alone. PostgreSQL ends it when its client is silent.

    That is after the worker timeout, when other workers count a frozen one as dead. No statement in
    it waits longer than `lock_seconds` for the lock on a row. Inside another transaction it sets
    nothing, because that one may be of an adopter, and only begins a savepoint.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and not (lock_seconds == LOCK_SECONDS and has_session_limits(connection)):
            idle_seconds = jobs_conf().worker_timeout_seconds
            execute(_LIMITS, [_milliseconds(idle_seconds), _milliseconds(lock_seconds)])
        yield


@contextmanager
def handler_transaction(*, idle_seconds: float) -> Iterator[None]:
    """The transaction of a handler, which waits for locks and is isolated as its session says.

    PostgreSQL ends it when its client sends nothing for `idle_seconds`.
    """
    with transaction.atomic():
        limit_transaction("idle_in_transaction_session_timeout", idle_seconds)
        yield


# One statement for both, so that the second limit costs nothing.
_LIMITS = (
    "SELECT set_config('idle_in_transaction_session_timeout', %s, true), "
    "set_config('lock_timeout', %s, true)"
)


def limit_transaction(setting: str, seconds: float) -> None:
    """Sets one of PostgreSQL's time limits for the present transaction.

    For the transaction alone, because behind a pooler the session is shared.
    """
    execute("SELECT set_config(%s, %s, true)", [setting, _milliseconds(seconds)])


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


def try_advisory_lock(name: str) -> bool:
    """Takes the lock of that name if no other transaction holds it; returns whether it did.

    The lock is held until the transaction ends. Needs no session, so it works behind a pooler.
    """
    taken: bool
    [(taken,)] = fetch_rows("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"jobs.{name}"])
    return taken
