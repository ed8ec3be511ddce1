"""The Redis that is emptied, killed, frozen, filled up, and made a replica."""

import shutil
import signal
import socket

from tools.errors import ToolError
from tools.servers.valkey import Valkey

# The port of tcpmux, which no machine has used for decades.
_NOBODY_LISTENS = 1


class RedisServer(Valkey):
    """Valkey with an append-only file, which can be taken away from it."""

    def forget(self) -> None:
        """While it is down: what it had written is gone, as if it kept nothing."""
        shutil.rmtree(self.data, ignore_errors=True)

    def empty(self) -> None:
        """FLUSHALL."""
        self._ask("FLUSHALL")

    def freeze(self) -> None:
        """SIGSTOP: connections stay, and nobody answers."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def be_replica(self, of_nobody: bool = False) -> None:
        """Follows a primary that is not there, and refuses writes; or leads again."""
        self._ask("REPLICAOF NO ONE" if of_nobody else f"REPLICAOF 127.0.0.1 {_NOBODY_LISTENS}")

    def be_full(self, full: bool = True) -> None:
        """Refuses every command that could need memory; or has as much as it wants."""
        self._ask(f"CONFIG SET maxmemory {1 if full else 0}")

    def hesitate(self, milliseconds: int) -> None:
        """Answers nobody for that long."""
        self._ask(f"CLIENT PAUSE {milliseconds} ALL")

    def recover(self) -> None:
        """Is as it was before, whatever had befallen it."""
        self.thaw()
        if not self.running:
            self.start()
        self.be_replica(of_nobody=True)
        self.be_full(False)

    def size(self) -> int:
        """How many keys it has."""
        return int(self._ask("DBSIZE").removeprefix(":"))

    def _send(self, number: signal.Signals) -> None:
        if self.process is not None and self.running:
            self.process.send_signal(number)

    def _ask(self, command: str) -> str:
        """One command whose arguments hold no spaces, and its one-line answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"AUTH {self.password}\r\n{command}\r\n".encode())
            with connection.makefile("r") as reply:
                answers = [reply.readline().strip(), reply.readline().strip()]
        if answers[1].startswith("-"):
            raise ToolError(f"Valkey refuses {command}: {answers[1]}")
        return answers[1]
