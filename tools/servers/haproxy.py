"""HAProxy, in front of several API processes: for tests and measures."""

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.debian import find_program
from tools.servers.server import Server

_PACKAGE = "haproxy"
_ASK_SECONDS = 5.0


class HAProxy(Server):
    """Runs a configuration that listens at `FRONT`; one with an admin socket has it at `ADMIN`."""

    name = "HAProxy"

    def __init__(self, home: Path, configuration: Path, variables: Mapping[str, str]) -> None:
        """`variables`: what the configuration takes from the environment beside these two."""
        super().__init__(home)
        self._configuration = configuration
        self._variables = variables

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        self.data.mkdir(exist_ok=True, mode=0o700)

    def command(self) -> Sequence[str]:
        directory = str(self._configuration.parent)
        return [str(find_haproxy()), "-db", "-C", directory, "-f", str(self._configuration)]

    def environment(self) -> dict[str, str]:
        own = {"FRONT": f"127.0.0.1:{self.port}", "ADMIN": str(self._socket)}
        return {**super().environment(), **own, **self._variables}

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), _ASK_SECONDS).close()
        except OSError:
            return False
        return True

    def tell(self, command: str) -> str:
        """What the admin socket answers, as to `set server jobs/old state drain`."""
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(_ASK_SECONDS)
            admin.connect(str(self._socket))
            admin.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: admin.recv(65_536), b"")).decode().strip()

    @property
    def _socket(self) -> Path:
        return self.data / "admin"


def find_haproxy() -> Path:
    """The HAProxy of this machine, else one that is fetched once; raises `ToolError`."""
    return find_program("HAProxy", _PACKAGE, "usr/sbin/haproxy")
