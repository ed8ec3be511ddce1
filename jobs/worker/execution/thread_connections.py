"""The database connections of threads that run handlers: fresh, reset, and in no transaction."""

import logging
import threading

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from jobs.core.clock import SystemClock
from jobs.worker.execution.as_opened import note_as_opened
from jobs.worker.execution.session_reset import is_used, note_use, reset_session

logger = logging.getLogger(__name__)

CHECK_SECONDS = 1.0

# Connections age and break by real time, whatever clock the worker was given.
_clock = SystemClock()

# Of libpq; `psycopg.pq.TransactionStatus` says the same, more slowly.
_NO_TRANSACTION, _BROKEN = 0, 4


class ThreadConnections(threading.local):
    """The connections of the calling thread; looking them up costs more than an empty job.

    `opened`: those that were ever connected, so that a thread without any knows it at once.
    """

    def __init__(self) -> None:
        self._checked_at = 0.0
        self.opened: list[BaseDatabaseWrapper] = []
        self._to_reset: list[BaseDatabaseWrapper] = []

    def refresh(self) -> None:
        """Once a second: drops broken connections, has the others checked before their next use.

        So a restart of PostgreSQL costs a handler one attempt at most.
        """
        now = _clock.monotonic()
        if now - self._checked_at > CHECK_SECONDS:
            self._checked_at = now
            for connection in connections.all(initialized_only=True):
                connection.close_if_unusable_or_obsolete()

    def drop_unfinished(self) -> bool:
        """Closes connections that are broken or inside a transaction; the next use makes a new one.

        Returns whether a transaction was open.
        """
        unfinished = False
        for wrapper in list(self.opened):
            status = _transaction_status(wrapper)
            if status != _NO_TRANSACTION:
                unfinished = unfinished or status != _BROKEN
                self._drop(wrapper)
        return unfinished

    def drop_copies(self) -> None:
        """Closes and forgets what `connection.copy()` has made: a copy ends with its handler.

        A single one may stay until there is another, so that most jobs need not look.
        """
        if len(self.opened) > 1:
            known = connections.all(initialized_only=True)
            for wrapper in [one for one in self.opened if one not in known]:
                self._drop(wrapper)

    def handler_begins(self) -> None:
        """From now on the use of a connection counts as the handler's."""
        if self.opened:
            note_use(self.opened)

    def handler_ends(self) -> None:
        """Remembers what the handler used, or will use when its transaction commits."""
        if self.opened:
            self._to_reset = [one for one in self.opened if is_used(one) or one.run_on_commit]

    def reset_used(self) -> None:
        """Resets the sessions that the handler may have changed; those that fail are closed.

        To be called after `drop_unfinished`. A handler that used no connection costs nothing.
        """
        if not self._to_reset:
            return
        used, self._to_reset = self._to_reset, []
        for wrapper in used:
            is_open = wrapper in self.opened and wrapper.connection is not None
            if is_open and not reset_session(wrapper):
                self._drop(wrapper)

    def _drop(self, wrapper: BaseDatabaseWrapper) -> None:
        # In place, because the event loop looks at the list of the ORM's thread.
        self.opened[:] = [one for one in self.opened if one is not wrapper]
        _discard(wrapper)


def _transaction_status(wrapper: BaseDatabaseWrapper) -> int:
    """The status by libpq; -1 for a transaction of which only Django knows."""
    raw = wrapper.connection
    if wrapper.in_atomic_block or (raw is not None and not wrapper.autocommit):
        return -1
    if raw is None:
        return _NO_TRANSACTION
    try:
        status: int = raw.pgconn.transaction_status
    except AttributeError:
        return _NO_TRANSACTION  # a handler may use other databases, too
    return status


def _discard(wrapper: BaseDatabaseWrapper) -> None:
    """Closes the connection, and makes Django forget it: after a close inside `atomic` it would
    refuse every further use.
    """
    try:
        wrapper.close()
    except Error as error:
        logger.warning(
            "A connection could not be closed: %s", error, extra={"event": "connection.not_closed"}
        )
    if wrapper in connections.all(initialized_only=True):
        del connections[wrapper.alias]


def refresh_shared_connections() -> None:
    """Both of the above, for a thread that several async handlers share."""
    if thread_connections.drop_unfinished():
        logger.warning(
            "An async handler left a transaction open: it is rolled back",
            extra={"event": "job.transaction_left_open"},
        )
    thread_connections.refresh()


def reset_shared_connections() -> None:
    """For the same thread, while no handler runs that may use it."""
    thread_connections.handler_ends()
    refresh_shared_connections()
    thread_connections.drop_copies()
    thread_connections.reset_used()


@receiver(connection_created)
def _remember(connection: BaseDatabaseWrapper, **_: object) -> None:
    note_as_opened(connection)
    if connection not in thread_connections.opened:
        thread_connections.opened.append(connection)


thread_connections = ThreadConnections()
