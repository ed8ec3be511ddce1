"""Clients that send or read slowly, or not at all, take nothing from the others."""

import json
import time
from contextlib import ExitStack

import pytest

from scheduler.tests.serving.conftest import Client, Server, get, post

HALF_HEADERS = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Ty"
HALF_BODY = post("/login", 100, b'{"username": ')
HALF_LARGE_BODY = post("/addJob", 300_000, b"{" + b" " * 100_000)


@pytest.mark.parametrize("half", [b"", HALF_HEADERS, HALF_BODY, HALF_LARGE_BODY])
def test_half_requests_do_not_take_the_api_away(server: Server, half: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(24):  # threads of Django: 8
            stack.enter_context(server.connect(half))
        begun = time.monotonic()
        assert server.status("/health/live") == 200
        assert server.status("/jobs") == 401
        assert time.monotonic() - begun < 10


def test_clients_that_do_not_read_do_not_take_the_api_away(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(24):
            stack.enter_context(server.connect(get("/") * 400))
        assert server.status("/health/live") == 200
        assert server.status("/jobs") == 401


@pytest.mark.parametrize(
    ("half", "code"), [(HALF_HEADERS, "headers_too_slow"), (HALF_BODY, "body_too_slow")]
)
def test_half_a_request_is_refused_in_time(server: Server, half: bytes, code: str) -> None:
    with server.connect(half) as client:
        assert_refused(client, code)


def test_the_second_request_of_a_connection_has_the_same_deadline(server: Server) -> None:
    with server.connect(get("/health/live")) as client:
        assert client.answer().status == 200
        client.send(HALF_HEADERS)
        assert_refused(client, "headers_too_slow")


def test_so_has_one_that_begins_together_with_the_first(server: Server) -> None:
    with server.connect(get("/health/live") + HALF_HEADERS) as client:
        assert client.answer().status == 200
        assert_refused(client, "headers_too_slow")


def test_a_silent_connection_ends(server: Server) -> None:
    with server.connect() as client:
        assert client.ends()


def test_an_idle_connection_is_kept(server: Server) -> None:
    with server.connect(get("/health/live")) as client:
        assert client.answer().status == 200
        time.sleep(1.5)  # longer than the deadline for headers
        client.send(get("/health/live"))
        assert client.answer().status == 200


@pytest.mark.parametrize(
    ("begin", "code"),
    [
        (b"GET /health/live HTTP/1.1\r\nX-Slow: ", "headers_too_slow"),
        (post("/login", 1_000), "body_too_slow"),
    ],
)
def test_a_byte_now_and_then_is_not_enough(server: Server, begin: bytes, code: str) -> None:
    with server.connect(begin) as client:
        for _ in range(8):
            client.send(b" ")
            time.sleep(0.2)
        assert_refused(client, code)


def test_a_body_in_pieces_is_read(server: Server) -> None:
    with server.connect(post("/login", 4)) as client:
        for byte in (b"n", b"o", b"p", b"e"):
            time.sleep(0.1)
            client.send(byte)
        answer = client.answer()
        assert (answer.status, json.loads(answer.body)["code"]) == (400, "parse_error")
        client.send(get("/health/live"))
        assert client.answer().status == 200


@pytest.mark.parametrize("half", [b"", HALF_HEADERS])
def test_more_connections_than_there_is_room_for(server: Server, half: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(150):  # room: 60
            stack.enter_context(server.connect(half))
        assert server.status("/health/live") == 200


def assert_refused(client: Client, code: str) -> None:
    answer = client.answer()
    assert (answer.status, json.loads(answer.body)["code"]) == (408, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert client.ends()
