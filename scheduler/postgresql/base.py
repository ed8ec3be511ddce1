"""The module that Django looks for in the package that `ENGINE` names."""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks kept connections without asking the server, while nothing speaks against them.

    An idle connection is silent. One that the server has closed, because it was restarted or an
    administrator ended the session, has the end of the stream or a farewell waiting to be read,
    and a dead network shows in the same way once the kernel's keepalive has noticed it. So
    silence counts as health, and only a connection that has something to say is asked.
    """

    health_check_enabled: bool
    health_check_done: bool

    def close_if_health_check_failed(self) -> None:
        """Called by Django before the first statement of a request; see CONN_HEALTH_CHECKS."""
        if self.health_check_enabled and not self.health_check_done and _is_silent(self.connection):
            self.health_check_done = True
            return
        super().close_if_health_check_failed()


def _is_silent(connection: "Connection[Any] | None") -> bool:
    if connection is None or connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
    return not poll.poll(0)
