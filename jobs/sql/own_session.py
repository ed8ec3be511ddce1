"""Sessions of PostgreSQL that run nothing but the statements of this package.

They read what is committed and wait for no lock for long, whatever a role or a database has as its
default. Where handlers or other code of a project run as well, sessions are left as they are: a
transaction of theirs keeps its meaning (docs/decisions/0015).
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg import Connection, IsolationLevel

from jobs.core.conf import jobs_conf
from jobs.sql.pooler import has_pool, is_pooled

logger = logging.getLogger(__name__)

# How long a write waits for the lock on a row. PostgreSQL looks for a deadlock after 1 s, and
# finding one is better than giving up.
LOCK_SECONDS = 1.5
# What is asked of a role behind a pooler, in milliseconds.
_LONGEST_LOCK_MS = 2_000

_SETTINGS = (
    "SET default_transaction_isolation = 'read committed'; "
    f"SET lock_timeout = {int(LOCK_SECONDS * 1000)}"
)
_IDLE = "; SET idle_in_transaction_session_timeout = {}"
_ASK = (
    "SELECT current_user, current_setting('default_transaction_isolation'), setting::int "
    "FROM pg_settings WHERE name = 'lock_timeout'"
)


def own_sessions() -> None:
    """The connections that the calling thread opens from now on run our statements alone."""
    _thread.is_own = True


@contextmanager
def own_sessions_within() -> Iterator[None]:
    """The same for the block; what is open when it begins stays as it is."""
    former, _thread.is_own = _thread.is_own, True
    try:
        yield
    finally:
        _thread.is_own = former


def own_sessions_of_process() -> None:
    """The same for every thread of a process that runs no handlers: the server of the API."""
    _process.is_own = True


def has_session_limits(connection: Any) -> bool:
    """Whether this session has the time limits of `short_transaction` from its beginning.

    So that such a transaction need not set them: each statement of a thread that waits for the
    interpreter as well takes 1 to 2 ms in a busy worker.
    """
    raw = connection.connection
    return raw is not None and getattr(connection, "_jobs_limited", None) is raw


class _Thread(threading.local):
    is_own = False


class _Process:
    def __init__(self) -> None:
        self.is_own = False
        self.has_warned = False


_thread, _process = _Thread(), _Process()


@receiver(connection_created)
def _set_up(connection: Any, **_: object) -> None:
    """Once a session, and before its first transaction: a rollback would undo it."""
    if connection.alias != DEFAULT_DB_ALIAS or not (_thread.is_own or _process.is_own):
        return
    raw = connection.connection
    if not isinstance(raw, Connection):
        return
    with connection.wrap_database_errors:
        if has_pool(connection):  # it hands its connections to other threads
            _check_role(raw)
            return
        if is_pooled(raw):
            _check_role(raw)
        elif _thread.is_own:
            idle_ms = int(jobs_conf().worker_timeout_seconds * 1000)
            raw.execute(_SETTINGS + _IDLE.format(idle_ms))
            connection._jobs_limited = raw
        else:  # of a process, where views of a project may have longer transactions
            raw.execute(_SETTINGS)
        # Kept by psycopg, not by the session: so it holds behind a pooler, for whole transactions.
        raw.isolation_level = IsolationLevel.READ_COMMITTED


def _check_role(raw: "Connection[Any]") -> None:
    """Behind a pooler a session is shared, so the role must bring the settings along."""
    if _process.has_warned:
        return
    row = raw.execute(_ASK).fetchone()
    if row is None or (row[1] == "read committed" and 0 < row[2] <= _LONGEST_LOCK_MS):
        return
    _process.has_warned = True
    role, isolation, lock_timeout_ms = row
    logger.warning(
        "Through a pooler the role %s has default_transaction_isolation '%s' and lock_timeout "
        "%d ms: a lock on one row can hold up a worker. Run: ALTER ROLE %s SET "
        "default_transaction_isolation = 'read committed'; ALTER ROLE %s SET lock_timeout = '%dms'",
        role,
        isolation,
        lock_timeout_ms,
        role,
        role,
        int(LOCK_SECONDS * 1000),
        extra={
            "event": "database.role_not_set",
            "role": role,
            "isolation": isolation,
            "lock_timeout_ms": lock_timeout_ms,
        },
    )
