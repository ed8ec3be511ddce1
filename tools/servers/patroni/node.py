"""One node: Patroni, and the PostgreSQL that it runs."""

import json
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.ports import free_port
from tools.servers.patroni.configuration import (
    OPERATOR,
    ROLE,
    Address,
    Directories,
    Passwords,
    node_configuration,
)
from tools.servers.patroni.etcd import EtcdMember
from tools.servers.patroni.machine import Machine
from tools.servers.patroni.programs import Programs
from tools.servers.patroni.rest import Rest
from tools.servers.server import Server
from tools.servers.unprivileged import as_unprivileged, unprivileged_user

_PROC = Path("/proc")


class Node(Server):
    """Starts Patroni, which starts PostgreSQL. `port` is that of PostgreSQL."""

    name = "Patroni"

    def __init__(
        self,
        home: Path,
        machine: Machine,
        programs: Programs,
        passwords: Passwords,
        etcd: Sequence[EtcdMember],
        *,
        is_synchronous: bool,
    ) -> None:
        super().__init__(home)
        self._programs = programs
        self._passwords = passwords
        self._is_synchronous = is_synchronous
        self.machine = machine
        self._rest = Rest(machine.host, free_port(), OPERATOR, passwords.operator)
        # The other nodes know no other way to this one, and this one no other way to etcd.
        self._postgres_address = self._address_of(self.port)
        self._rest_address = self._address_of(self._rest.port)
        # The member beside it comes first: the others may be out of reach with their nodes.
        self._etcd_hosts = [
            f"{member.machine.node_host}:{machine.passage(member.port)}"
            for member in sorted(etcd, key=lambda member: member.machine is not machine)
        ]

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}:{self._passwords.superuser}@{self.address}/{ROLE}"

    @property
    def address(self) -> str:
        """Where clients reach its PostgreSQL."""
        return f"{self.machine.host}:{self.port}"

    @property
    def node_name(self) -> str:
        """What Patroni calls it."""
        return self.home.name

    @property
    def configuration(self) -> Path:
        """The file that Patroni reads."""
        return self.home / "patroni.yml"

    @property
    def is_primary(self) -> bool:
        """Whether it runs, is the primary and holds the leader's lock."""
        return self.running and self._rest.ask("/primary").status == 200

    @property
    def is_replica(self) -> bool:
        """Whether it runs and follows the primary."""
        return self.running and self._rest.ask("/replica").status == 200

    @property
    def members(self) -> Sequence[Mapping[str, Any]]:
        """All nodes, as this one sees them; none while it does not answer."""
        said = self._rest.ask("/cluster").body
        return said["members"] if isinstance(said, dict) else []

    def order(self, path: str, body: Mapping[str, object]) -> None:
        """Has Patroni do something; returns when it is done, raises ToolError if it is refused."""
        self._rest.order(path, body)

    def prepare(self) -> None:
        self.data.mkdir(exist_ok=True, mode=0o700)
        if os.geteuid() == 0:
            user = unprivileged_user()
            os.chown(self.data, user.pw_uid, user.pw_gid)
        self.configuration.touch(mode=0o600)
        self.configuration.write_text(json.dumps(self._configured(), indent=2))  # it is YAML, too

    def command(self) -> Sequence[str]:
        return [
            *self.machine.enter,
            *as_unprivileged(self.name, self.stop_signal),
            str(self._programs.python),
            *("-m", "patroni", str(self.configuration)),
        ]

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **self._programs.environment}

    def answers(self) -> bool:
        """Whether Patroni does; PostgreSQL may not be running yet."""
        return self._rest.ask("/liveness").status != 0

    def stop(self) -> None:
        super().stop()
        self._send(signal.SIGKILL)  # to PostgreSQL, if Patroni could not stop it

    def ask_to_stop(self) -> None:
        """The same, without waiting for the end."""
        if self.process is not None:
            self.process.send_signal(self.stop_signal)

    def kill(self) -> None:
        """Patroni and PostgreSQL die at one moment, as with their machine."""
        self.freeze()
        super().kill()
        self._send(signal.SIGKILL)

    def crash(self) -> None:
        """PostgreSQL dies, and Patroni sees it."""
        for pid in self._postgres_pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP for all of it: connections stay open and get no answers."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on, if it was frozen."""
        self._send(signal.SIGCONT)

    def cut(self) -> None:
        """Cuts it off from the other nodes and from etcd, but not from its clients."""
        self.machine.cut()

    def isolate(self) -> None:
        """Cuts it off from everybody, as if its machine had no network any more."""
        self.machine.isolate()

    def restore(self) -> None:
        """Undoes both."""
        self.machine.restore()

    def _address_of(self, port: int) -> Address:
        machine = self.machine
        return Address(
            f"{machine.listens_on}:{port}", f"{machine.node_host}:{machine.passage(port)}"
        )

    def _configured(self) -> dict[str, Any]:
        return node_configuration(
            name=self.node_name,
            postgres=self._postgres_address,
            rest=self._rest_address,
            etcd_hosts=self._etcd_hosts,
            directories=Directories(
                str(self._postgres_data), str(self.data / "pgpass"), str(self._programs.postgres)
            ),
            passwords=self._passwords,
            is_synchronous=self._is_synchronous,
        )

    def _send(self, number: signal.Signals) -> None:
        """To Patroni, as far as it runs, and every process of PostgreSQL."""
        patroni = [self.process.pid] if self.process is not None and self.running else []
        for pid in [*patroni, *self._postgres_pids()]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _postgres_pids(self) -> list[int]:
        """Those that work in the data directory, the postmaster first."""
        with suppress(OSError, ValueError):
            postmaster = int((self._postgres_data / "postmaster.pid").read_text().split()[0])
            directory = self._postgres_data.resolve()  # as the kernel names it
            ours = [pid for pid in _pids() if _works_in(pid, directory)]
            return sorted(ours, key=lambda pid: pid != postmaster)
        return []

    @property
    def _postgres_data(self) -> Path:
        return self.data / "postgresql"


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.glob("[0-9]*")]


def _works_in(pid: int, directory: Path) -> bool:
    try:
        return (_PROC / str(pid) / "cwd").readlink() == directory
    except OSError:
        return False
