"""Links that can be cut: nothing passes meanwhile, and nothing that was sent is lost."""

import socket
from collections.abc import Iterator

import pytest

from tools.errors import ToolError
from tools.servers.patroni.links import LinkedMachine, Links

SECONDS = 10
SILENT_SECONDS = 0.2


@pytest.fixture
def links() -> Iterator[Links]:
    made = Links()
    yield made
    made.stop()
    made.stop()  # may be called again


def test_a_link_that_is_cut_is_silent_until_it_is_restored(links: Links) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SECONDS)
        link = links.to(server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", link.port), SECONDS) as client:
            inner, _ = server.accept()
            with inner:
                inner.settimeout(SECONDS)
                client.sendall(b"before")
                assert inner.recv(100) == b"before"

                link.cut()
                client.sendall(b"cut")
                inner.settimeout(SILENT_SECONDS)
                with pytest.raises(TimeoutError):
                    inner.recv(100)

                link.restore()
                inner.settimeout(SECONDS)
                assert inner.recv(100) == b"cut"
            assert client.recv(100) == b""  # the other side has gone


def test_a_new_connection_waits_for_the_link(links: Links) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = links.to(server.getsockname()[1])
        link.cut()
        with socket.create_connection(("127.0.0.1", link.port), SECONDS):
            server.settimeout(SILENT_SECONDS)
            with pytest.raises(TimeoutError):
                server.accept()
            link.restore()
            server.settimeout(SECONDS)
            server.accept()[0].close()


def test_a_server_that_is_down_is_told(links: Links) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    link = links.to(port)
    with socket.create_connection(("127.0.0.1", link.port), SECONDS) as client:
        assert client.recv(100) == b""


def test_a_machine_is_cut_off_by_its_links_and_never_from_its_clients(links: Links) -> None:
    machine = LinkedMachine(links)
    with socket.create_server(("127.0.0.1", 0)) as server:
        passage = machine.passage(server.getsockname()[1])
        server.settimeout(SILENT_SECONDS)
        machine.cut()
        with socket.create_connection((machine.node_host, passage), SECONDS):
            with pytest.raises(TimeoutError):
                server.accept()
            server.settimeout(SECONDS)
            machine.restore()
            server.accept()[0].close()
    with pytest.raises(ToolError, match="root"):
        machine.isolate()


def test_links_that_were_stopped_are_closed() -> None:
    links = Links()
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = links.to(server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", link.port), SECONDS) as client:
            server.accept()[0].close()
            links.stop()
            assert client.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", link.port), SECONDS)
