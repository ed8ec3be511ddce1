"""The Redis that is emptied, killed, frozen, filled up, and made a replica."""

import shutil
import signal

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
        self._order("FLUSHALL")

    def freeze(self) -> None:
        """SIGSTOP: connections stay, and nobody answers."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def be_replica(self, of_nobody: bool = False) -> None:
        """Follows a primary that is not there, and refuses writes; or leads again."""
        self._order("REPLICAOF NO ONE" if of_nobody else f"REPLICAOF 127.0.0.1 {_NOBODY_LISTENS}")

    def be_full(self, full: bool = True) -> None:
        """Refuses every command that could need memory; or has as much as it wants."""
        self._order(f"CONFIG SET maxmemory {1 if full else 0}")

    def hesitate(self, milliseconds: int) -> None:
        """Answers nobody for that long."""
        self._order(f"CLIENT PAUSE {milliseconds} ALL")

    def recover(self) -> None:
        """Is as it was before, whatever had befallen it."""
        self.thaw()
        if not self.running:
            self.start()
        self.be_replica(of_nobody=True)
        self.be_full(False)

    def size(self) -> int:
        """How many keys it has."""
        return int(self._order("DBSIZE").removeprefix(":"))

    def _send(self, number: signal.Signals) -> None:
        if self.process is not None and self.running:
            self.process.send_signal(number)

    def _order(self, command: str) -> str:
        answer = self.ask(command)
        if answer.startswith("-"):
            raise ToolError(f"Valkey refuses {command}: {answer}")
        return answer
