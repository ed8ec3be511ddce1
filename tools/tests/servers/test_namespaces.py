"""Machines in network namespaces: what reaches them while their cables are pulled."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.ports import free_port
from tools.servers.patroni.machine import Machine
from tools.servers.patroni.namespaces import Namespaces, are_permitted
from tools.waiting import wait_until

pytestmark = pytest.mark.skipif(not are_permitted(), reason="namespaces take the rights of root")

SECONDS = 20
_CALL = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)"


@pytest.fixture
def network() -> Iterator[Namespaces]:
    made = Namespaces(2)
    yield made
    made.stop()
    made.stop()  # may be called again


@pytest.fixture
def port(network: Namespaces) -> Iterator[int]:
    """Where a server listens on the first machine."""
    port, machine = free_port(), network.machines[0]
    command = ["-m", "http.server", "--bind", machine.listens_on, str(port)]
    server = subprocess.Popen([*machine.enter, sys.executable, *command], stderr=subprocess.DEVNULL)
    yield port
    server.kill()
    server.wait()


def reaches(host: str, port: int, machine: Machine | None = None) -> bool:
    """Whether a connection is made, from a machine or from here."""
    enter = machine.enter if machine else ()
    call = [*enter, sys.executable, "-c", _CALL, host, str(port)]
    return subprocess.run(call, stderr=subprocess.DEVNULL).returncode == 0


def test_a_machine_loses_its_network_and_gets_it_back(network: Namespaces, port: int) -> None:
    first, second = network.machines

    def clients() -> bool:
        return reaches(first.host, port)

    def nodes() -> bool:
        return reaches(first.node_host, port, second)

    wait_until(clients, SECONDS, "clients do not reach it")
    assert nodes()
    first.cut()
    assert (clients(), nodes()) == (True, False)
    first.isolate()
    assert (clients(), nodes()) == (False, False)
    first.restore()
    wait_until(clients, SECONDS, "clients do not reach it again")
    wait_until(nodes, SECONDS, "other machines do not reach it again")


def test_runs_have_networks_of_their_own_and_leave_nothing(network: Namespaces) -> None:
    another = Namespaces(1)
    host = another.machines[0].host
    assert host not in {machine.host for machine in network.machines}
    interface = Path("/sys/class/net", f"clients-{host.split('.')[2]}")
    assert interface.exists()
    another.stop()
    wait_until(lambda: not interface.exists(), SECONDS, "the interface is still there")
