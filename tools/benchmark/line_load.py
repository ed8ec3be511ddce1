"""Streams of jobs: a connection for each, which sends and reads at the same time."""

import json
import threading
from collections.abc import Sequence
from typing import Any

from tools.benchmark.errors import BenchmarkError
from tools.benchmark.http_load import CONNECTIONS, connect

_LAST_CHUNK = b"\r\n0\r\n\r\n"


def requests_of_lines(address: str, token: str, jobs: Sequence[Any]) -> list[bytes]:
    """A request for each connection, made beforehand; the jobs are shared out evenly."""
    lines = [json.dumps(job).encode() + b"\n" for job in jobs]
    return [_request(address, token, lines[start::CONNECTIONS]) for start in range(CONNECTIONS)]


def send_lines(address: str, requests: Sequence[bytes]) -> int:
    """Sends them all at once; returns how many lines were accepted. Raises BenchmarkError."""
    accepted: list[int] = []
    threads = [
        threading.Thread(target=lambda one=one: accepted.append(_sent(address, one)))
        for one in requests
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(accepted) < len(requests):
        raise BenchmarkError("a stream of jobs was not answered")
    return sum(accepted)


def _sent(address: str, request: bytes) -> int:
    """How many lines of the answer say that a job was accepted."""
    with connect(address) as connection:
        sender = threading.Thread(target=connection.sendall, args=(request,))
        sender.start()
        received = bytearray()
        while not received.endswith(_LAST_CHUNK):
            if not (part := connection.recv(1 << 20)):
                raise BenchmarkError("the server hung up")
            received += part
        sender.join()
    return received.count(b'"status":202')


def _request(address: str, token: str, lines: Sequence[bytes]) -> bytes:
    body = b"".join(lines)
    head = (
        f"POST /addJobs HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
