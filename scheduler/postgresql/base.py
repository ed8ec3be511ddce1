"""The module that Django looks for in the package that `ENGINE` names."""

import select
from typing import Any

from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from psycopg import Connection, Cursor, Error

# Prepared on first use. Django's cursors never are, whatever this says.
AT_ONCE = 0
# psycopg remembers the last texts that it has seen, Django's with the values in them too.
REMEMBERED = 16


class DatabaseOperations(operations.DatabaseOperations):
    """Tells whoever looks at statements about those whose values were sent beside the text, too."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """The text with the values in it."""
        if type(cursor) is Cursor:
            try:
                composed: str = self.compose_sql(sql, params)
            except Error:  # the connection is gone: what happened to it is what matters
                return str(sql)
            return composed
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks kept connections cheaply, and lets plans be kept where nothing stands in between.

    A kept connection is checked without asking the server, while nothing speaks against it. An
    idle one is silent. One that the server has closed, because it was restarted or an
    administrator ended the session, has the end of the stream or a farewell waiting to be read,
    and a dead network shows in the same way once the kernel's keepalive has noticed it. So
    silence counts as health, and only a connection that has something to say is asked.
    """

    ops_class = DatabaseOperations
    health_check_enabled: bool
    health_check_done: bool

    def cursor_for_kept_plans(self) -> CursorWrapper:
        """Like `cursor`, but values are sent beside the statement, so that its plan can be kept."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = Cursor(self.connection)
        wrapped: CursorWrapper = self._prepare_cursor(cursor)  # type: ignore[attr-defined]
        return wrapped

    def init_connection_state(self) -> None:
        """Called by Django for each new connection."""
        super().init_connection_state()
        raw: Connection[Any] = self.connection
        if self.settings_dict["OPTIONS"].get("prepare_threshold", AT_ONCE) is not None:
            raw.prepare_threshold = AT_ONCE if _is_direct(raw) else None
            raw.prepared_max = REMEMBERED

    def close_if_health_check_failed(self) -> None:
        """Called by Django before the first statement of a request; see CONN_HEALTH_CHECKS."""
        if self.health_check_enabled and not self.health_check_done and _is_silent(self.connection):
            self.health_check_done = True
            return
        super().close_if_health_check_failed()


def _is_silent(connection: Connection | None) -> bool:
    if connection is None or connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
    return not poll.poll(0)


def _is_direct(connection: "Connection[Any]") -> bool:
    """Whether no pooler stands between: it would run the next statement in any session, also in
    one that has prepared another statement by the same name, or none.

    A pooler gives each client a process id of its own making, for cancelling; PostgreSQL's own
    it is only without one.
    """
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is not None and row[0] == connection.info.backend_pid
