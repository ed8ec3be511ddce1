"""Our Lua scripts, sent on connections of the driver's pool."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import redis
from redis.exceptions import NoScriptError


class Script:
    """A script; calling it runs it on the server and returns its reply.

    Safe between threads. It sends EVALSHA by itself: the driver's way through its commands,
    callbacks and metrics takes 20 µs more, which the hot path would pay once or twice a batch.
    """

    def __init__(self, pool: redis.ConnectionPool, source: str) -> None:
        """`source`: in Lua. Nothing is sent yet."""
        self._pool = pool
        self._source = source
        self._sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: Sequence[Any], args: Sequence[Any] = ()) -> Any:
        """Runs it with these keys and arguments; raises the driver's errors."""
        arguments = (len(keys), *keys, *args)
        connection: Any = self._pool.get_connection()
        try:
            return connection.retry.call_with_retry(
                partial(self._reply, connection, arguments), lambda _: connection.disconnect()
            )
        finally:
            self._pool.release(connection)

    def _reply(self, connection: Any, arguments: tuple[Any, ...]) -> Any:
        connection.send_command("EVALSHA", self._sha, *arguments)
        try:
            return connection.read_response()
        except NoScriptError:  # the server is another one, or was restarted; EVAL makes it known
            connection.send_command("EVAL", self._source, *arguments)
            return connection.read_response()
