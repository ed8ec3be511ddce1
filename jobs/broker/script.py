"""Our Lua scripts."""

import hashlib
from collections.abc import Sequence
from typing import Any

from redis.exceptions import NoScriptError

from jobs.broker.kept_connections import KeptConnections


class Script:
    """A script; calling it runs it on the server and returns its reply. Safe between threads."""

    def __init__(self, connections: KeptConnections, source: str) -> None:
        """`source`: in Lua. Nothing is sent yet."""
        self._connections = connections
        self._source = source
        self._sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: Sequence[Any], args: Sequence[Any] = ()) -> Any:
        """Runs it with these keys and arguments; raises the driver's errors."""
        arguments = (len(keys), *keys, *args)
        return self._connections.ask(lambda connection: self._reply(connection, arguments))

    def _reply(self, connection: Any, arguments: tuple[Any, ...]) -> Any:
        connection.send_command("EVALSHA", self._sha, *arguments)
        try:
            return connection.read_response()
        except NoScriptError:  # the server is another one, or was restarted; EVAL makes it known
            connection.send_command("EVAL", self._source, *arguments)
            return connection.read_response()
