"""The Redis of bin/chaos: it can be emptied, frozen, filled up, slowed down and demoted."""

import shutil
import signal

from tools.errors import ToolError
from tools.servers.valkey import Valkey

# The port of tcpmux: no machine has had a server there for decades.
_UNUSED_PORT = 1


class RedisServer(Valkey):
    """Valkey with an append-only file that can be deleted."""

    def forget(self) -> None:
        """Deletes what it has written; call it while the server is down."""
        shutil.rmtree(self.data, ignore_errors=True)

    def empty(self) -> None:
        """FLUSHALL."""
        self._order("FLUSHALL")

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and get no answers."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def become_replica(self) -> None:
        """Follows a primary that does not exist, and refuses writes."""
        self._order(f"REPLICAOF 127.0.0.1 {_UNUSED_PORT}")

    def become_primary(self) -> None:
        """Accepts writes again."""
        self._order("REPLICAOF NO ONE")

    def fill_up(self) -> None:
        """Refuses every command that could need memory."""
        self._order("CONFIG SET maxmemory 1")

    def lift_memory_limit(self) -> None:
        """Takes as much memory as it wants again."""
        self._order("CONFIG SET maxmemory 0")

    def delay_answers(self, milliseconds: int) -> None:
        """Holds back all answers for this many milliseconds."""
        self._order(f"CLIENT PAUSE {milliseconds} ALL")

    def recover(self) -> None:
        """Undoes every fault: the server runs, is a primary and has memory."""
        self.thaw()
        if not self.running:
            self.start()
        self.become_primary()
        self.lift_memory_limit()

    def size(self) -> int:
        """Returns how many keys it has."""
        return int(self._order("DBSIZE").removeprefix(":"))

    def _send(self, number: signal.Signals) -> None:
        if self.process is not None and self.running:
            self.process.send_signal(number)

    def _order(self, command: str) -> str:
        answer = self.ask(command)
        if answer.startswith("-"):
            raise ToolError(f"Valkey refuses {command}: {answer}")
        return answer
