"""Sessions of PostgreSQL that a handler used: put back as they were when they were opened.

A setting, a role, a temporary table, an advisory lock or a cursor that one handler leaves behind
would meet the next one, in a job that has nothing to do with it.
"""

import logging
from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import Connection

from jobs.worker.execution.as_opened import drop_doubled, put_back_as_opened

logger = logging.getLogger(__name__)

# DISCARD ALL without what it does to prepared statements: their plans are kept. The session's
# authorization comes first, because it decides about the rest, and RESET ALL leaves it out.
# One message to PostgreSQL, and one round trip: 0.1 ms.
_RESET = """
    SET SESSION AUTHORIZATION DEFAULT;
    RESET ALL;
    CLOSE ALL;
    UNLISTEN *;
    DISCARD TEMP;
    DISCARD SEQUENCES;
    SELECT pg_advisory_unlock_all()
"""


class _NotingConnection(Connection[Any]):
    """A connection that notes that it was used: everything that it sends goes through `wait`."""

    is_used = False

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        self.is_used = True
        return super().wait(*args, **kwargs)


def note_use(wrappers: Iterable[BaseDatabaseWrapper]) -> None:
    """From now on it is noted whether these connections are used."""
    for wrapper in wrappers:
        raw: Any = wrapper.connection
        if type(raw) is Connection:
            raw.__class__ = _NotingConnection
        if isinstance(raw, _NotingConnection):
            raw.is_used = False


def is_used(wrapper: BaseDatabaseWrapper) -> bool:
    """Whether its session was used since `note_use`, or was opened since.

    A connection of another class than psycopg's own counts as used.
    """
    raw = wrapper.connection
    return raw is not None and getattr(raw, "is_used", True)


def reset_session(wrapper: BaseDatabaseWrapper) -> bool:
    """Resets the session of a connection that is in no transaction; False if that failed.

    Then come the settings that a new connection gets: Django's own, and those of receivers of the
    signal `connection_created`. Of other databases than PostgreSQL nothing is known, so nothing is
    done. After False the connection must be closed.
    """
    raw: Any = wrapper.connection
    if wrapper.vendor != "postgresql" or not isinstance(raw, Connection):
        return True
    try:
        with wrapper.wrap_database_errors:
            put_back_as_opened(wrapper)
            raw.execute(_RESET)
        _set_up_as_new(wrapper, raw)
        drop_doubled(wrapper)
    except Exception as error:  # noqa: BLE001 - receivers are of any make
        logger.warning(
            "A database session could not be reset, so its connection is closed: %s",
            error,
            extra={"event": "connection.not_reset"},
        )
        return False
    note_use([wrapper])
    return True


def _set_up_as_new(wrapper: Any, raw: Any) -> None:
    """What Django does with a connection that it has opened, or that its pool has."""
    wrapper.init_connection_state()
    if wrapper.pool:
        wrapper._configure_connection(raw)  # else `init_connection_state` has done it
    connection_created.send(sender=wrapper.__class__, connection=wrapper)
