"""The module that Django looks for in the package that `ENGINE` names."""

import select
from collections.abc import Mapping
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, Error

from scheduler.postgresql.several_hosts import first_the_last_used, has_several, note_used
from scheduler.postgresql.silent_servers import watch_for_silence


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a kept connection without a round trip, as long as nothing has come in on it.

    Nothing comes in on an idle connection that works. One that the server has closed, because it
    was restarted or an administrator ended the session, has an error or the end of the stream
    waiting to be read; so has a dead network once the kernel's keepalive has noticed it. Only
    where something waits to be read, or an error has occurred, the server is asked.

    Of several hosts the one that was used last is tried first, and a connection on which a server
    has stopped answering is closed while its thread waits.
    """

    connection: Connection[Any] | None
    health_check_enabled: bool
    health_check_done: bool

    def get_connection_params(self) -> dict[str, Any]:
        """Called by Django each time before it connects."""
        params: dict[str, Any] = super().get_connection_params()
        return first_the_last_used(params)

    def get_new_connection(self, conn_params: Mapping[str, Any]) -> "Connection[Any]":
        """Called by Django to connect."""
        raw: Connection[Any] = super().get_new_connection(conn_params)
        if has_several(conn_params):
            note_used(raw)
            watch_for_silence(raw)
        return raw

    def close_if_health_check_failed(self) -> None:
        """Called by Django before the first statement of a request; see CONN_HEALTH_CHECKS."""
        if self.health_check_enabled and not self.health_check_done and _is_silent(self.connection):
            self.health_check_done = True
            return
        super().close_if_health_check_failed()

    def is_usable(self) -> bool:
        """Whether the session works and takes writes; asked after an error.

        After a failover a session may be on a standby, or on the demoted primary: it works, and
        every write fails in it. The next connection leads to the primary.
        """
        if self.connection is None:
            return False
        try:
            row = self.connection.execute("SHOW transaction_read_only").fetchone()
        except Error:
            return False
        return row is not None and row[0] == "off"


def _is_silent(connection: "Connection[Any] | None") -> bool:
    if connection is None or connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
    return not poll.poll(0)
