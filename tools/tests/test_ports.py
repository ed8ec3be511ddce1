"""Ports: the one that is asked for, or the next that is free."""

import errno
import socket
from contextlib import ExitStack, suppress

import pytest

from tools.errors import ToolError
from tools.ports import free_port, listen, port_of


def test_a_free_port_is_free() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as listener:
        assert listener.getsockname()[1] == port


def test_a_free_port_is_taken() -> None:
    wanted = free_port()
    with listen(wanted) as listener:
        assert port_of(listener) == wanted
        socket.create_connection(("127.0.0.1", wanted), timeout=5).close()


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_passed_over(address: str) -> None:
    with socket.create_server((address, free_port())) as taken, listen(port_of(taken)) as listener:
        assert port_of(taken) < port_of(listener) < port_of(taken) + 100


def test_the_last_port_may_be_the_end() -> None:
    with ExitStack() as taken:
        with suppress(OSError):  # taken already, by a program of this machine
            taken.enter_context(socket.create_server(("127.0.0.1", 65_535)))
        with pytest.raises(ToolError, match="No port from 65535 on is free"):
            listen(65_535)


def test_a_port_of_root_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:  # what the kernel says to ordinary users
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ToolError, match="reserved for root"):
        listen(1)


def test_no_port_is_told_twice() -> None:
    """Servers that choose theirs before the first of them listens."""
    ports = [free_port() for _ in range(500)]
    assert len(set(ports)) == len(ports)
