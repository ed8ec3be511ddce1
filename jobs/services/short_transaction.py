"""Our own transactions are short, and a frozen process must not hold their locks for ever."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from jobs.core.conf import jobs_conf


@contextmanager
def short_transaction(idle_seconds: float | None = None) -> Iterator[None]:
    """A transaction that PostgreSQL cuts off when its client is silent for that long.

    The default is the worker timeout. It is set for the transaction alone, not for the
    session: behind a pooler the session is shared.
    """
    seconds = jobs_conf().worker_timeout_seconds if idle_seconds is None else idle_seconds
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, true)",
                [str(int(seconds * 1000))],
            )
        yield


def try_advisory_lock(name: str) -> bool:
    """Whether this transaction now holds the lock of that name; it goes with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"jobs.{name}"])
        row: tuple[bool] = cursor.fetchone()
    return row[0]
