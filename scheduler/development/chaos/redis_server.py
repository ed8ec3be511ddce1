"""The Redis that is emptied, killed, and restarted with or without what it knew."""

import shutil
import socket

from scheduler.development import DevelopmentError
from scheduler.development.valkey import Valkey


class RedisServer(Valkey):
    """Valkey with an append-only file, which can be taken away from it."""

    def forget(self) -> None:
        """While it is down: what it had written is gone, as if it kept nothing."""
        shutil.rmtree(self.data, ignore_errors=True)

    def empty(self) -> None:
        """FLUSHALL."""
        self._ask("FLUSHALL")

    def size(self) -> int:
        """How many keys it has."""
        return int(self._ask("DBSIZE").removeprefix(":"))

    def _ask(self, command: str) -> str:
        """One command without arguments, and its one-line answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"AUTH {self.password}\r\n{command}\r\n".encode())
            with connection.makefile("r") as reply:
                answers = [reply.readline().strip(), reply.readline().strip()]
        if answers[1].startswith("-"):
            raise DevelopmentError(f"Valkey refuses {command}: {answers[1]}")
        return answers[1]
