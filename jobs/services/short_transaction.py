"""Transactions whose locks a frozen process cannot hold for long, and locks that are only tried."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from jobs.core.conf import jobs_conf


@contextmanager
def short_transaction(idle_seconds: float | None = None) -> Iterator[None]:
    """A transaction that PostgreSQL ends when its client sends nothing for `idle_seconds`.

    The default is the worker timeout: by then the others count a frozen worker as dead. The limit
    is set for the transaction alone, because behind a pooler the session is shared.
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
    """Takes the lock of that name if no other transaction holds it; returns whether it did.

    The lock is held until the transaction ends. Needs no session, so it works behind a pooler.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"jobs.{name}"])
        row: tuple[bool] = cursor.fetchone()
    return row[0]
