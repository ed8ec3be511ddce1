"""Transactions whose locks a frozen process cannot hold for long, and locks that are only tried."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from jobs.core.conf import jobs_conf
from jobs.sql.statements import execute, fetch_rows


@contextmanager
def short_transaction(idle_seconds: float | None = None) -> Iterator[None]:
    """A transaction that PostgreSQL ends when its client sends nothing for `idle_seconds`.

    The default is the worker timeout: by then the others count a frozen worker as dead.
    """
    seconds = jobs_conf().worker_timeout_seconds if idle_seconds is None else idle_seconds
    with transaction.atomic():
        limit_transaction("idle_in_transaction_session_timeout", seconds)
        yield


def limit_transaction(setting: str, seconds: float) -> None:
    """Sets one of PostgreSQL's time limits for the present transaction.

    For the transaction alone, because behind a pooler the session is shared.
    """
    execute("SELECT set_config(%s, %s, true)", [setting, str(int(seconds * 1000))])


def try_advisory_lock(name: str) -> bool:
    """Takes the lock of that name if no other transaction holds it; returns whether it did.

    The lock is held until the transaction ends. Needs no session, so it works behind a pooler.
    """
    taken: bool
    [(taken,)] = fetch_rows("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"jobs.{name}"])
    return taken
