"""A client that costs little, so that the server is what is measured."""

import json
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

from jobs.benchmark.errors import BenchmarkError

CONNECTIONS = 8
TIMEOUT_SECONDS = 60.0


def requests_per_second(
    address: str, path: str, token: str, bodies: Sequence[Any], expected: int
) -> float:
    """Posts every body over kept connections; raises BenchmarkError for another status."""
    requests = [_request(address, path, token, body) for body in bodies]
    failures: list[str] = []

    def send(share: Sequence[bytes]) -> None:
        try:
            _send(address, share, expected)
        except (BenchmarkError, OSError, ValueError) as error:
            failures.append(f"{path}: {error}")

    threads = [
        threading.Thread(target=send, args=(requests[start::CONNECTIONS],))
        for start in range(min(CONNECTIONS, len(requests)))
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if failures:
        raise BenchmarkError(failures[0])
    return len(requests) / seconds


def _request(address: str, path: str, token: str, body: Any) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _send(address: str, requests: Sequence[bytes], expected: int) -> None:
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), TIMEOUT_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            connection.sendall(request)
            status, answer = _answer(connection)
            if status != expected:
                raise BenchmarkError(f"answered {status} instead of {expected}: {answer[:300]!r}")


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
