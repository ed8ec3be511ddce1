"""A client that costs little, so that the server is what is measured."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tools.benchmark.errors import BenchmarkError

CONNECTIONS = 8
TIMEOUT_SECONDS = 60.0
# Says which process has answered (`urls.py`).
EMPTY_PATH = "/benchmark/empty"
# Inserts and pushes, and nothing else (`bare_view.py`).
BARE_PATH = "/benchmark/bare"
# The process that wakes first accepts a connection, and one of them may still be starting: it takes
# more connections than are kept until each process has its share.
CONNECT_SECONDS = 60.0


class Load:
    """Kept connections to the API, as many to each of its processes."""

    def __init__(self, address: str, token: str, connections: Sequence[socket.socket]) -> None:
        self._address = address
        self._token = token
        self._connections = connections

    def requests(self, path: str, bodies: Sequence[Any]) -> list[bytes]:
        """What is to be sent, made beforehand: making it is not what is measured."""
        return [_request(self._address, path, self._token, body) for body in bodies]

    def timed(self, requests: Sequence[bytes], expected: int) -> float:
        """The seconds that it takes to send them all; raises as `send` does."""
        began = time.perf_counter()
        self.send(requests, expected)
        return time.perf_counter() - began

    def send(self, requests: Sequence[bytes], expected: int) -> list[float]:
        """Sends them all; returns the seconds of each. Raises BenchmarkError for another status."""
        failures: list[str] = []
        seconds: list[float] = []

        def send_share(connection: socket.socket, share: Sequence[bytes]) -> None:
            try:
                for request in share:
                    began = time.perf_counter()
                    _post(connection, request, expected)
                    seconds.append(time.perf_counter() - began)
            except (BenchmarkError, OSError, ValueError) as error:
                failures.append(f"{_path(share[0])}: {error}")

        shares = [requests[start::CONNECTIONS] for start in range(CONNECTIONS)]
        threads = [
            threading.Thread(target=send_share, args=pair)
            for pair in zip(self._connections, shares, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise BenchmarkError(failures[0])
        return seconds


@contextmanager
def load(address: str, token: str, processes: int) -> Iterator[Load]:
    """Gives as many connections to each process: with all of them on one, a core would idle.

    Raises BenchmarkError if they cannot be had.
    """
    probe = _request(address, EMPTY_PATH, token, {})
    held: Counter[int] = Counter()
    with ExitStack() as stack:
        connections: list[socket.socket] = []
        deadline = time.monotonic() + CONNECT_SECONDS
        while time.monotonic() < deadline:
            connection = connect(address)
            process = json.loads(_post(connection, probe, 200))["process"]
            if held[process] < CONNECTIONS // processes:
                held[process] += 1
                connections.append(stack.enter_context(connection))
            else:
                connection.close()
            if len(connections) == CONNECTIONS:
                yield Load(address, token, connections)
                return
        raise BenchmarkError(f"connections went to these processes only: {dict(held)}")


def connect(address: str) -> socket.socket:
    """A new connection to the API."""
    host, _, port = address.partition(":")
    connection = socket.create_connection((host, int(port)), TIMEOUT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _request(address: str, path: str, token: str, body: Any) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _path(request: bytes) -> str:
    return request.split(b" ", 2)[1].decode()


def _post(connection: socket.socket, request: bytes, expected: int) -> bytes:
    """The body of the answer."""
    connection.sendall(request)
    status, answer = _answer(connection)
    if status != expected:
        raise BenchmarkError(f"answered {status} instead of {expected}: {answer[:300]!r}")
    return answer


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of the one answer that is on its way."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += _receive(connection)
    return int(head[9:12]), body


def _receive(connection: socket.socket) -> bytes:
    part = connection.recv(1 << 20)
    if not part:
        raise BenchmarkError("the server hung up")
    return part
