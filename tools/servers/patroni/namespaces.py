"""Machines with networks of their own: network namespaces of Linux, for which it takes root.

Each machine has two cables, one to the network of the nodes and one to that of their clients. Both
end in a switch, where they can be pulled. This process is on both networks. Whatever ends it,
nothing is left: a namespace goes with the last process in it, and its cables with it.
"""

import shutil
import subprocess
from collections.abc import Sequence

from tools.errors import ToolError
from tools.rights import NET_ADMIN, SYS_ADMIN, has_rights
from tools.servers.patroni.machine import Machine, Network

# Set aside for tests of networks (RFC 2544), so that nothing else is reached there. The third
# number is that of the run, the last one that of the machine.
_NETWORKS = {"nodes": "198.18", "clients": "198.19"}
_RUNS = range(256)
_OWN_NUMBER = 254

_PROGRAMS = ("ip", "nsenter", "unshare")


def are_permitted() -> bool:
    """Whether this process may make namespaces and cables between them."""
    return has_rights(NET_ADMIN, SYS_ADMIN) and all(map(shutil.which, _PROGRAMS))


class Namespace:
    """A network of its own. Its first process reads from a pipe, and ends with this process."""

    def __init__(self) -> None:
        self._first = subprocess.Popen(
            ["unshare", "--net", "cat"],  # noqa: S607
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for its users
        )
        assert self._first.stdin is not None
        assert self._first.stdout is not None
        self._first.stdin.write(b"\n")
        if not self._first.stdout.read(1):  # what comes back comes from within
            raise ToolError("No network namespace could be made.")

    @property
    def pid(self) -> int:
        return self._first.pid

    @property
    def enter(self) -> Sequence[str]:
        """What to put before a command line so that it runs within."""
        return ("nsenter", f"--net=/proc/{self.pid}/ns/net")

    def configure(self, *lines: str) -> None:
        """What `ip` is told within; raises ToolError where it refuses."""
        _configure(self.enter, lines)

    def end(self) -> None:
        """Its other processes must have ended. May be called again."""
        assert self._first.stdin is not None
        assert self._first.stdout is not None
        self._first.stdin.close()
        self._first.stdout.close()
        self._first.wait()


class NamespacedMachine(Machine):
    """The machine of this number, from 1."""

    listens_on = "0.0.0.0"  # noqa: S104 - of its own networks alone

    def __init__(self, switch: Namespace, run: int, number: int) -> None:
        self.namespace = Namespace()
        self.enter = self.namespace.enter
        self.node_host, self.host = (_address(name, run, number) for name in _NETWORKS)
        self._switch = switch
        self._number = number
        self.namespace.configure("link set lo up")
        for name in _NETWORKS:
            cable = f"{name}-{number}"
            switch.configure(
                f"link add {cable} type veth peer name {name} netns {self.namespace.pid}",
                f"link set {cable} up master {name}",
            )
            self.namespace.configure(*_plugged(name, _address(name, run, number)))

    def cut(self) -> None:
        self._set("down", "nodes")

    def isolate(self) -> None:
        self._set("down", *_NETWORKS)

    def restore(self) -> None:
        self._set("up", *_NETWORKS)

    def _set(self, state: str, *names: str) -> None:
        self._switch.configure(*(f"link set {name}-{self._number} {state}" for name in names))


class Namespaces(Network):
    """So many machines around a switch."""

    machines: Sequence[NamespacedMachine]

    def __init__(self, count: int) -> None:
        self._switch = Namespace()
        for name in _NETWORKS:
            self._switch.configure(f"link add {name} type bridge", f"link set {name} up")
        run = _join(self._switch)
        self.machines = [
            NamespacedMachine(self._switch, run, number) for number in range(1, count + 1)
        ]

    def stop(self) -> None:
        for namespace in [*(one.namespace for one in self.machines), self._switch]:
            namespace.end()


def _join(switch: Namespace) -> int:
    """Connects this process to both networks; returns the number of the run, which is its own."""
    for run in _RUNS:
        try:
            for name in _NETWORKS:
                own, other = f"{name}-{run}", f"{name}-{run}-own"
                _configure((), [f"link add {own} type veth peer name {other} netns {switch.pid}"])
                switch.configure(f"link set {other} up master {name}")
                _configure((), _plugged(own, _address(name, run, _OWN_NUMBER)))
        except _Exists:
            continue
        return run
    raise ToolError(f"{len(_RUNS)} runs have networks on this machine already.")


def _address(network: str, run: int, number: int) -> str:
    return f"{_NETWORKS[network]}.{run}.{number}"


def _plugged(interface: str, address: str) -> Sequence[str]:
    return f"addr add {address}/24 dev {interface}", f"link set {interface} up"


class _Exists(ToolError):
    """Another run has an interface of that name."""


def _configure(enter: Sequence[str], lines: Sequence[str]) -> None:
    done = subprocess.run(  # noqa: S603
        [*enter, "ip", "-batch", "-"], input="\n".join(lines), capture_output=True, text=True
    )
    if done.returncode:
        error = _Exists if "File exists" in done.stderr else ToolError
        raise error(f"ip {'; '.join(lines)}: {done.stderr.strip()}")
