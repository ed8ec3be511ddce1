"""A server, and clients that speak to it by the byte."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.child import Child
from tools.http_client import HttpClient
from tools.ports import listen, port_of
from tools.waiting import wait_until

SECONDS = 20.0
# Pages of this origin may call the API.
ORIGIN = "https://app.example.com"


@dataclass(frozen=True)
class Server:
    """A running API of one process, whose deadlines are a second."""

    port: int
    child: Child

    def connect(self, sent: bytes = b"") -> "Client":
        """A new connection, on which this was sent."""
        client = Client(socket.create_connection(("127.0.0.1", self.port), SECONDS))
        if sent:
            client.send(sent)
        return client

    def line_of(self, request_id: str) -> dict[str, Any]:
        """The log line of the answer to the request with this id, once it is there."""
        marks = (f'"request_id": "{request_id}"', '"event": "request.answered"')

        def lines() -> list[str]:
            text = self.child.log.read_text()
            return [one for one in text.splitlines() if all(mark in one for mark in marks)]

        wait_until(lambda: bool(lines()), SECONDS, f"no line of {request_id}")
        line: dict[str, Any] = json.loads(lines()[-1])
        return line

    def status(self, path: str) -> int:
        """The status of a GET over a connection of its own."""
        with self.connect(get(path)) as client:
            return client.answer().status


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self._connection.close()

    def send(self, data: bytes) -> None:
        """Sends it as it is."""
        self._connection.sendall(data)

    def answer(self) -> Reply:
        """The next answer."""
        while b"\r\n\r\n" not in self._received:
            self._more()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self._received) < length:
            self._more()
        body, self._received = self._received[:length], self._received[length:]
        return Reply(int(first.split(" ")[1]), headers, body)

    def ends(self) -> bool:
        """Whether the server ends the connection, and sends nothing more before."""
        with suppress(ConnectionResetError):
            return self._connection.recv(1) == b""
        return True

    def _more(self) -> None:
        part = self._connection.recv(1 << 16)
        assert part, f"the connection ended after {self._received!r}"
        self._received += part


def get(path: str) -> bytes:
    """A GET."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path: str, length: int | None, body: bytes = b"", more: str = "") -> bytes:
    """A POST of JSON."""
    framing = "" if length is None else f"Content-Length: {length}\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}{framing}{more}\r\n".encode() + body


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started once for the tests of a file."""
    with running(tmp_path_factory.mktemp("serving"), []) as server:
        yield server


@contextmanager
def running(directory: Path, options: list[str]) -> Iterator[Server]:
    """A server with further options of gunicorn."""
    with listen(18_100) as listener:
        descriptor = listener.fileno()
        child = Child(
            "gunicorn",
            [
                *("-m", "gunicorn", "--config", "python:scheduler.tests.serving.quick_conf"),
                *("--bind", f"fd://{descriptor}", "scheduler.wsgi", *options),
            ],
            log=directory / "gunicorn.log",
            environment={
                **os.environ,
                "WEB_CONCURRENCY": "1",
                "LOG_FORMAT": "json",
                "ALLOWED_HOSTS": "localhost,127.0.0.1",
                "CORS_ALLOWED_ORIGINS": ORIGIN,
            },
            inherit=[descriptor],
        )
        try:
            client = HttpClient(f"http://127.0.0.1:{port_of(listener)}")
            child.wait_until(lambda: client.is_ready("/health/live"))
            yield Server(port_of(listener), child)
        finally:
            child.stop(30)
