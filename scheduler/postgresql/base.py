"""The module that Django looks for in the package that `ENGINE` names."""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a kept connection without a round trip, as long as nothing has come in on it.

    Nothing comes in on an idle connection that works. One that the server has closed, because it
    was restarted or an administrator ended the session, has an error or the end of the stream
    waiting to be read; so has a dead network once the kernel's keepalive has noticed it. Only
    where something waits to be read, Django's own check asks the server.
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
