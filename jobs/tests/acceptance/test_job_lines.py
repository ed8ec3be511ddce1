"""`POST /addJobs` with `application/x-ndjson` at a real server: streamed, committed, bounded."""

import http.client
import json
import resource
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from jobs.models import Job
from jobs.sql.statements import execute
from jobs.tests.acceptance.processes import Process
from jobs.tests.locks import held_elsewhere
from jobs.tests.threads import waiting_for_locks
from jobs.tests.waiting import wait_until
from tools.http_client import HttpClient

PASSWORD = "a-long-password-4711"
NDJSON = "application/x-ndjson"


def line(number: int, **fields: Any) -> bytes:
    job = {"type": "tests.note", "payload": {"text": f"note {number}"}, **fields}
    return json.dumps(job).encode() + b"\n"


class Api:
    """A server, and a client with a token."""

    def __init__(self, process: Process, address: str) -> None:
        self.process = process
        self.address = urlsplit(address)
        client = HttpClient(address)
        client.sign_up("customer", PASSWORD)
        self.token = client._token

    def head(self, *lines: str) -> bytes:
        """The head of a chunked request."""
        own = (
            "POST /addJobs HTTP/1.1",
            f"Host: {self.address.netloc}",
            f"Authorization: Bearer {self.token}",
            f"Content-Type: {NDJSON}",
            "Transfer-Encoding: chunked",
        )
        return "\r\n".join([*own, *lines, "", ""]).encode()

    def post(self, body: bytes | Iterable[bytes], **headers: str) -> tuple[int, Any]:
        """The status, and the answer's lines or its problem. An iterable is sent in chunks."""
        own = {"Authorization": f"Bearer {self.token}", "Content-Type": NDJSON}
        sent: Any = body
        connection = http.client.HTTPConnection(str(self.address.netloc), timeout=60)
        with closing(connection):
            connection.request("POST", "/addJobs", sent, {**own, **headers})
            response = connection.getresponse()
            text = response.read()
        if response.headers["Content-Type"] != NDJSON:
            return response.status, json.loads(text)
        return response.status, [json.loads(one) for one in text.splitlines()]


@pytest.fixture
def api(transactional_db: None, shared_api: tuple[Process, str]) -> Api:
    return Api(*shared_api)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@contextmanager
def connected(api: Api) -> Iterator[socket.socket]:
    with socket.create_connection((api.address.hostname, api.address.port), 30) as connection:
        yield connection


def child_of(pid: int) -> int:
    """The first process that this one has started."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def resident_bytes(pid: int) -> int:
    """What the process holds in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def send_all(connection: socket.socket, parts: Iterable[bytes]) -> None:
    """Sends the parts for as long as the server takes them."""
    with suppress(OSError):
        for part in parts:
            connection.sendall(chunk(part))


def received(connection: socket.socket, text: bytes) -> bytes:
    """What comes until it has `text` in it."""
    answer = b""
    while text not in answer:
        part = connection.recv(1 << 16)
        assert part, answer
        answer += part
    return answer


def test_each_line_is_answered_in_its_order(api: Api) -> None:
    lines = [
        line(0),
        line(1, idempotency_key="k"),
        b'{"type": "tests.note", "payload": {}}\n',
        b"no json\n",
        b"\n",
        b'{"type": "tests.nothing", "payload": {}}\n',
        line(5, idempotency_key="k"),
        line(1, idempotency_key="k"),
        b'{"type": "tests.note", "payload": {"text": "\\u0000"}}\n',
        line(8)[:-1],
    ]

    status, answers = api.post(iter(lines))

    assert status == 200
    assert [one["index"] for one in answers] == list(range(9))
    assert [one["status"] for one in answers] == [202, 202, 400, 400, 400, 422, 200, 400, 202]
    codes = [one["problem"]["code"] for one in answers if "problem" in one]
    assert codes == [
        *("invalid_payload", "parse_error", "unknown_job_type", "idempotency_key_reused"),
        "unstorable_text",
    ]
    assert answers[2]["problem"]["errors"][0]["pointer"] == "/payload/text"
    assert answers[6] == {
        "index": 6, "status": 200, "id": answers[1]["id"], "duplicate": True, "state": "queued",
    }  # fmt: skip
    assert {str(job.pk) for job in Job.objects.all()} == {
        answers[index]["id"] for index in (0, 1, 8)
    }


def test_nothing_is_written_into_an_answer_that_has_begun(api: Api) -> None:
    """The chunk that is none comes after the first line was answered: the stream is cut off."""
    with connected(api) as connection:
        connection.sendall(api.head() + chunk(line(0)))
        answer = received(connection, b"202")
        connection.sendall(b"no length\r\n")
        while part := connection.recv(1 << 16):
            answer += part
    assert answer.count(b"HTTP/1.1") == 1
    assert not answer.endswith(b"0\r\n\r\n")


def test_the_answer_to_http_1_0_ends_with_its_connection(api: Api) -> None:
    """It has no chunks, and a stream no length."""
    body = line(0)
    head = api.head(f"Content-Length: {len(body)}", "Connection: keep-alive")
    head = head.replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Transfer-Encoding: chunked\r\n", b"")
    with connected(api) as connection:
        connection.sendall(head + body)
        answer = received(connection, b"202")
        while part := connection.recv(1 << 16):
            answer += part
    assert b"\r\nConnection: close\r\n" in answer


def test_with_a_length_and_over_many_slices(api: Api) -> None:
    status, answers = api.post(b"".join(line(number) for number in range(2_500)))

    assert status == 200
    assert [one["index"] for one in answers] == list(range(2_500))
    assert {one["status"] for one in answers} == {202}
    assert Job.objects.count() == 2_500
    assert api.post(b"") == (200, [])
    assert api.post(b"\n \n") == (200, [])


def test_a_line_is_answered_when_it_is_committed_while_others_are_still_to_come(api: Api) -> None:
    with connected(api) as connection:
        connection.sendall(api.head() + chunk(line(0)))
        received(connection, b'"index":0,"status":202')
        assert Job.objects.count() == 1

        with held_elsewhere(lambda: execute("LOCK TABLE jobs_job IN EXCLUSIVE MODE")):
            connection.sendall(chunk(line(1)))
            wait_until(lambda: waiting_for_locks() == 1, every=0.01)
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):  # it is not committed
                connection.recv(1)
            connection.settimeout(30)
        received(connection, b'"index":1,"status":202')
        connection.sendall(chunk(line(2)) + b"0\r\n\r\n")
        assert b'"index":2,"status":202' in received(connection, b"\r\n0\r\n\r\n")


def test_the_connection_serves_the_next_call(api: Api) -> None:
    body = line(0)
    head = api.head().replace(b"Transfer-Encoding: chunked", b"Content-Length: %d" % len(body))
    with connected(api) as connection:
        for _ in range(2):
            connection.sendall(head + body)
            answer = received(connection, b"\r\n0\r\n\r\n")
            assert b"connection: close" not in answer.lower()
            assert b'"status":202' in answer
    assert Job.objects.count() == 2


def test_what_was_answered_is_there_when_the_client_is_gone(api: Api) -> None:
    with connected(api) as connection:
        connection.sendall(api.head() + chunk(line(0)))
        received(connection, b'"index":0,"status":202')
    assert Job.objects.count() == 1
    assert api.post(line(1))[0] == 200


def test_what_is_wrong_with_the_call_is_answered_before_a_line_is_read(api: Api) -> None:
    def refused(head: bytes, status: int, code: bytes) -> None:
        with connected(api) as connection:
            connection.sendall(head)  # and no body
            answer = received(connection, b'"code"')
            assert answer.startswith(b"HTTP/1.1 %d " % status)
            assert code in answer + connection.recv(1 << 16)
            assert b"application/problem+json" in answer

    refused(api.head().replace(b"Bearer ", b"Bearer x"), 401, b"token_not_valid")
    refused(api.head('Idempotency-Key: "k"'), 400, b"idempotency_key_header_not_taken")
    refused(api.head().replace(b"/addJobs", b"/addJobs?atomic=true"), 400, b"unknown_field")
    refused(api.head().replace(b"/addJobs", b"/addJob"), 411, b"length_required")
    refused(api.head().replace(NDJSON.encode(), b"application/json"), 411, b"length_required")
    refused(api.head("Content-Encoding: gzip"), 415, b"unsupported_content_encoding")
    assert not Job.objects.exists()


def test_a_line_that_is_too_long_ends_the_stream(api: Api) -> None:
    def parts() -> Iterator[bytes]:
        yield line(0)
        yield b'{"type": "tests.note", "payload": {"text": "'
        for _ in range(9):
            yield b"x" * (1 << 20)

    with connected(api) as connection:
        connection.sendall(api.head())
        sender = threading.Thread(target=send_all, args=(connection, parts()), daemon=True)
        sender.start()
        answer = received(connection, b"line_too_long")
        assert b'"status": 413' in answer
    assert Job.objects.count() <= 1


def test_memory_stays_flat_however_long_it_is(api: Api) -> None:
    worker = child_of(api.process.pid)
    api.post(b"".join(line(number) for number in range(2_000)))
    before = resident_bytes(worker)
    most = [0]
    answers = [0]

    with connected(api) as connection:
        connection.sendall(api.head())

        def send() -> None:
            slice_ = b"".join(line(number) for number in range(1_000))
            for _ in range(40):
                connection.sendall(chunk(slice_))
                most[0] = max(most[0], resident_bytes(worker))
            connection.sendall(b"0\r\n\r\n")

        sender = threading.Thread(target=send)
        sender.start()
        tail = b""
        while not tail.endswith(b"0\r\n\r\n"):
            part = connection.recv(1 << 16)
            assert part
            answers[0] += part.count(b'"status":202')
            tail = (tail + part)[-16:]
        sender.join(60)

    assert Job.objects.count() == 42_000
    assert most[0] - before < 24 * 1024 * 1024


def test_streams_have_a_limit(api: Api) -> None:
    connections = [
        socket.create_connection((api.address.hostname, api.address.port), 30) for _ in range(17)
    ]
    try:
        for connection in connections[:16]:
            connection.sendall(api.head() + chunk(line(0)))
            received(connection, b'"index":0')
        connections[16].sendall(api.head())
        answer = received(connections[16], b"too_many_streams")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in answer.lower()
    finally:
        for connection in connections:
            connection.close()
    wait_until(lambda: api.post(line(1))[0] == 200)
