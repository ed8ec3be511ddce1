"""Members of etcd, in which Patroni keeps who the primary is."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tools.errors import ToolError
from tools.ports import free_port
from tools.servers.patroni.machine import Machine
from tools.servers.patroni.rest import Rest
from tools.servers.server import Server
from tools.waiting import wait_until

USER = "root"  # the name that etcd wants for who may do everything
_SECONDS = 60.0

# By default 100. Members write with fsync, which may take seconds on a busy disk: a leader that is
# only slow would be voted out.
_HEARTBEAT_MS = 500


class EtcdMember(Server):
    """One of them. It counts as started when its process runs: it needs another one to answer."""

    name = "etcd"

    def __init__(self, home: Path, machine: Machine, program: Path, password: str) -> None:
        super().__init__(home)
        self.machine = machine
        self.peer_port = free_port()
        self.cluster = ""
        self.rest = Rest(machine.host, self.port, USER, password)
        self._program = program

    @property
    def url(self) -> str:
        return f"http://{self.machine.node_host}:{self.port}"

    @property
    def peer(self) -> str:
        """How the others are told of it."""
        return f"{self.home.name}={self._peer_url}"

    @property
    def is_healthy(self) -> bool:
        """Whether it answers, and knows a leader."""
        said = self.rest.ask("/health").body
        return isinstance(said, dict) and said.get("health") == "true"

    def prepare(self) -> None:
        self.data.mkdir(exist_ok=True, mode=0o700)

    def command(self) -> Sequence[str]:
        here = self.machine.listens_on
        options = {
            "name": self.home.name,
            "data-dir": str(self.data / "etcd"),
            "listen-client-urls": f"http://{here}:{self.port}",
            "advertise-client-urls": self.url,
            "listen-peer-urls": f"http://{here}:{self.peer_port}",
            "initial-advertise-peer-urls": self._peer_url,
            "initial-cluster": self.cluster,
            "log-level": "warn",
            "enable-v2": "true",
            "heartbeat-interval": str(_HEARTBEAT_MS),
            "election-timeout": str(10 * _HEARTBEAT_MS),
        }
        arguments = (f"--{name}={value}" for name, value in options.items())
        return [*self.machine.enter, str(self._program), *arguments]

    def answers(self) -> bool:
        return self.running

    @property
    def _peer_url(self) -> str:
        return f"http://{self.machine.node_host}:{self.peer_port}"


class EtcdGroup:
    """A member on each machine, with a password."""

    def __init__(
        self, home: Path, machines: Sequence[Machine], program: Path, password: str
    ) -> None:
        self._password = password
        self.members = [
            EtcdMember(home / f"etcd-{number}", machine, program, password)
            for number, machine in enumerate(machines, 1)
        ]
        for member in self.members:
            member.cluster = ",".join(one.peer for one in self.members)
        self._is_founded = False

    def start(self) -> None:
        """Starts what is down; returns when every member answers."""
        for member in self.members:
            if not member.running:
                member.start()
        wait_until(self._is_healthy, _SECONDS, "etcd has no leader", 0.1)
        if not self._is_founded:
            self._require_password()

    def stop(self) -> None:
        for member in self.members:
            with suppress(OSError, ToolError):
                member.stop()

    def _is_healthy(self) -> bool:
        """Whether all members are; raises ToolError if one has ended."""
        for member in self.members:
            if not member.running:
                raise member.failure("ended while starting")
        return all(member.is_healthy for member in self.members)

    def _require_password(self) -> None:
        rest = self.members[0].rest
        rest.order(f"/v2/auth/users/{USER}", {"user": USER, "password": self._password}, "PUT")
        rest.order("/v2/auth/enable", {}, "PUT")
        # Whoever has no password is a guest, who could do anything until now.
        rest.order("/v2/auth/roles/guest", {}, "DELETE")
        self._is_founded = True
