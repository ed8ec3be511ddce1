"""Receivers and name servers that mean harm: nothing gets through, and nothing hangs."""

import gzip
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.core.errors import PermanentError
from jobs.handlers.http_request.connection import BODY_MAX_BYTES, tls_context
from jobs.handlers.http_request.http_request import CallFailed
from jobs.tests.handlers.http_request.conftest import HOST, Call, Resolver
from jobs.tests.http_receiver import HttpReceiver, plain_answer
from tools.servers.certificates import Certificates

TIMEOUT_SECONDS = 0.5
# Far above the timeout, for slow machines; far below what the receiver would take.
ENDS_WITHIN_SECONDS = 15.0


def forever(
    first: bytes, again: bytes, pause_seconds: float = 0.0
) -> Callable[[socket.socket], None]:
    """Sends the first part, and then the other one until the connection breaks."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(again)
            time.sleep(pause_seconds)  # the pace of a slow receiver

    return answer


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(forever(b"", b"H", 0.05), id="a status line that drips"),
        pytest.param(forever(OK, b"X", 0.05), id="headers that drip"),
        pytest.param(forever(OK + b"Content-Length: 9999\r\n\r\n", b"a", 0.05), id="body"),
        pytest.param(
            forever(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", 0.05), id="chunks"
        ),
        pytest.param(forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05), id="100 for ever"),
        pytest.param(
            forever(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: 1\r\n", 0.01),
            id="trailers for ever",
        ),
    ],
)
def test_a_receiver_that_drips_has_its_time_and_no_more(
    call: Call, answer: Callable[[socket.socket], None]
) -> None:
    with HttpReceiver(answer) as receiver:
        begun_at = time.monotonic()
        with pytest.raises(CallFailed, match=r"within 0\.5 s"):
            call(receiver.port, timeout_seconds=TIMEOUT_SECONDS)
        assert time.monotonic() - begun_at < ENDS_WITHIN_SECONDS


def test_a_receiver_that_says_nothing_has_its_time_and_no_more(call: Call) -> None:
    def silence(connection: socket.socket) -> None:
        connection.recv(1)  # until the caller hangs up

    with HttpReceiver(silence) as receiver, pytest.raises(CallFailed, match=r"within 0\.5 s"):
        call(receiver.port, timeout_seconds=TIMEOUT_SECONDS)


@pytest.mark.parametrize(
    "first",
    [
        OK + b"\r\n",
        OK + b"Content-Length: 99999999999\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: abc\r\n\r\n",
    ],
)
def test_a_body_without_end_is_cut(call: Call, first: bytes) -> None:
    with HttpReceiver(forever(first, b"a" * 4_096)) as receiver:
        result = call(receiver.port)
    assert result["is_truncated"]
    assert BODY_MAX_BYTES // 2 < len(result["body"]) <= BODY_MAX_BYTES


def test_chunks_without_end_are_cut(call: Call) -> None:
    chunk = b"1000\r\n" + b"a" * 4_096 + b"\r\n"
    with HttpReceiver(forever(OK + b"Transfer-Encoding: chunked\r\n\r\n", chunk)) as receiver:
        assert call(receiver.port)["is_truncated"]


def test_a_chunk_of_less_than_nothing_is_not_read(call: Call) -> None:
    first = OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n"
    with (
        HttpReceiver(forever(first, b"a" * 4_096)) as receiver,
        pytest.raises(CallFailed, match="a chunk of -1 bytes"),
    ):
        call(receiver.port, timeout_seconds=TIMEOUT_SECONDS)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 100\r\n\r\nshort",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nsho",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nshort",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nsho",
        OK + b"X: 1\r\n" * 200 + b"\r\n",
        OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100 + plain_answer(),
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_an_answer_that_lies_about_itself_is_no_success(call: Call, answer: bytes) -> None:
    with HttpReceiver(answer) as receiver, pytest.raises(CallFailed):
        call(receiver.port)


def test_interim_answers_are_passed_over(call: Call) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    with HttpReceiver(b"HTTP/1.1 100 Continue\r\n\r\n" + early * 2 + plain_answer()) as receiver:
        result = call(receiver.port)
    assert (result["status"], result["body"]) == (200, "ok")
    assert "link" not in result["headers"]


def test_a_compressed_answer_is_not_unpacked(call: Call) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    with HttpReceiver(plain_answer(200, bomb, "Content-Encoding: gzip")) as receiver:
        result = call(receiver.port)
    assert len(result["body_base64"]) < 20_000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data/", "/again", "http://127.0.0.1:{port}/"]
)
def test_no_redirect_is_followed(
    call: Call, resolver: Resolver, status: int, location: str
) -> None:
    with HttpReceiver() as inner:
        there = f"Location: {location.format(port=inner.port)}"
        with (
            HttpReceiver(plain_answer(status, b"", there)) as receiver,
            pytest.raises(PermanentError, match="redirects are not followed"),
        ):
            call(receiver.port)
    assert (receiver.connections, inner.connections) == (1, 0)
    assert resolver.asked == [HOST]


def test_a_name_that_changes_its_address_is_asked_once(call: Call, resolver: Resolver) -> None:
    with HttpReceiver() as checked, HttpReceiver(host="127.0.0.2", port=checked.port) as other:
        resolver.answers = [["127.0.0.1"], ["127.0.0.2"]]
        call(checked.port)
    assert (checked.connections, other.connections) == (1, 0)
    assert resolver.asked == [HOST]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["0.0.0.0"],
        ["169.254.169.254"],
    ],
)
def test_a_name_that_leads_into_the_network_is_not_called(
    call: Call, resolver: Resolver, addresses: list[str]
) -> None:
    resolver.answers = [addresses]
    with (
        HttpReceiver() as receiver,
        pytest.raises(PermanentError, match="not of the public internet"),
    ):
        call(receiver.port, private_hosts=[])
    assert receiver.connections == 0


def test_an_open_host_still_does_not_lead_to_the_metadata_service(
    call: Call, resolver: Resolver
) -> None:
    resolver.answers = [["169.254.169.254"]]
    with pytest.raises(PermanentError, match="not of the public internet"):
        call(80)


def test_the_certificate_has_to_be_that_of_the_name(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = Certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    tls_context.cache_clear()
    try:
        with HttpReceiver(tls=certificates.context_for(HOST)) as receiver:
            assert call(receiver.port, scheme="https")["status"] == 200
        # The address would do for this one; the name does not.
        with (
            HttpReceiver(tls=certificates.context_for("127.0.0.1")) as other,
            pytest.raises(PermanentError, match="no valid certificate"),
        ):
            call(other.port, scheme="https")
        assert other.requests == []
    finally:
        tls_context.cache_clear()


def test_a_handshake_that_never_ends_has_its_time_and_no_more(call: Call) -> None:
    # It reads what it takes for the beginning of a request, and waits for more.
    with HttpReceiver() as receiver, pytest.raises(CallFailed, match=r"within 0\.5 s"):
        call(receiver.port, scheme="https", timeout_seconds=TIMEOUT_SECONDS)
