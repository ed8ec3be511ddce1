"""What the server refuses by itself is a problem as well; what it does not read ends with it."""

import json

import pytest

from scheduler.tests.serving.conftest import ORIGIN, Client, Reply, Server, get, post

HOST = b"Host: localhost\r\n"
LARGE = 6_000_000


def assert_problem(answer: Reply, status: int, code: str) -> None:
    body = json.loads(answer.body)
    assert (answer.status, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == body["request_id"]
    assert body["title"]
    assert body["detail"]


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET /\r\n\r\n", 400, "bad_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"No colon\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Bad name: x\r\n\r\n", 400, "bad_request"),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: ten\r\n\r\n", 400, "bad_request"),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400, "bad_request"),
        (
            b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400, "bad_request",
        ),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "uri_too_long"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 70_000 + b"\r\n\r\n", 431,
         "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 500 + b"\r\n", 431, "headers_too_large"),
        (
            b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: foo, chunked\r\n\r\n",
            501, "unsupported_transfer_coding",
        ),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "bad_request"),
        (b"GET ftp://localhost/ HTTP/1.1\r\n" + HOST + b"\r\n", 400, "bad_request"),
        (b"GET http://a@localhost/ HTTP/1.1\r\n" + HOST + b"\r\n", 400, "bad_request"),
        (b"GET localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", 400, "bad_request"),
        (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", 400, "bad_request"),
        (b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", 501, "connect_not_supported"),
        (
            b"POST /addJobs HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
            501, "unsupported_transfer_coding",
        ),
        (
            b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n",
            400, "bad_request",
        ),
    ],
    ids=[
        "no HTTP", "no version", "TLS", "version", "no colon", "name of a header",
        "length is a word",
        "negative length", "two lengths", "long path", "long header", "many headers",
        "transfer coding", "no host", "scheme", "user", "authority", "asterisk", "tunnel",
        "compressed", "length of 5,000 digits",
    ],
)  # fmt: skip
def test_what_is_no_proper_request(server: Server, raw: bytes, status: int, code: str) -> None:
    with server.connect(raw) as client:
        answer = client.answer()

        assert_problem(answer, status, code)
        assert answer.headers["connection"] == "close"
        assert client.ends()


@pytest.mark.parametrize(
    ("request_head", "status", "code"),
    [
        (post("/addJob", LARGE), 401, "not_authenticated"),
        (post("/addJob", LARGE, more="Authorization: Bearer a.b.c\r\n"), 401, "token_not_valid"),
        (post("/login", LARGE), 413, "body_too_large"),
        (post("/nowhere", LARGE), 404, "not_found"),
        (post("/", LARGE), 405, "method_not_allowed"),
        (post("/login", LARGE, more="Content-Encoding: gzip\r\n"), 415,
         "unsupported_content_encoding"),
        (post("/login", None, more="Transfer-Encoding: chunked\r\n"), 411, "length_required"),
        (post("/addJob", LARGE, more="Expect: 100-continue\r\n"), 401, "not_authenticated"),
    ],
)  # fmt: skip
def test_what_is_refused_before_its_body_is_read(
    server: Server, request_head: bytes, status: int, code: str
) -> None:
    with server.connect(request_head) as client:
        answer = client.answer()

        assert_problem(answer, status, code)
        assert answer.headers["connection"] == "close"
        assert client.ends()


def test_a_url_is_answered_as_its_path_for_its_host(server: Server) -> None:
    """The header beside it does not count (RFC 9112, 3.2.2)."""
    own, other = b"localhost", b"other.example"
    head = b"GET http://%s/%s HTTP/1.1\r\nHost: %s\r\n\r\n"
    with server.connect(head % (own, b"health/live", other)) as client:
        assert client.answer().status == 200
        client.send(head % (own, b"jobs?a=1", other))
        assert_problem(client.answer(), 401, "not_authenticated")
        client.send(head % (other, b"jobs", own))
        assert client.answer().status == 400


def test_the_server_says_which_methods_it_has(server: Server) -> None:
    raw = b"OPTIONS * HTTP/1.1\r\n" + HOST + b"X-Request-ID: server-options\r\n\r\n"
    with server.connect(raw) as client:
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"")
        assert {"GET", "POST", "PATCH"} < set(answer.headers["allow"].split(", "))
        assert answer.headers["x-request-id"] == "server-options"
        assert_next(client)
    assert server.line_of("server-options")["path"] == "*"


@pytest.mark.parametrize("path", ["/login", "/addJobs"])
@pytest.mark.parametrize(("origin", "is_allowed"), [(ORIGIN, True), ("https://b.example", False)])
def test_a_page_can_read_what_django_was_not_asked(
    server: Server, path: str, origin: str, is_allowed: bool
) -> None:
    """And it finds the ids that it sent, as in any answer."""
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    sent = f"Origin: {origin}\r\nX-Request-ID: {path}-{is_allowed}\r\n"
    sent += f"traceparent: 00-{trace_id}-b7ad6b7169203331-01\r\n"
    with server.connect(post(path, 100, b'{"username": ', sent)) as client:
        answer = client.answer()

    assert_problem(answer, 408, "body_too_slow")
    assert answer.headers.get("access-control-allow-origin") == (ORIGIN if is_allowed else None)
    assert answer.headers["vary"] == "origin"
    if is_allowed:
        assert "X-Request-ID" in answer.headers["access-control-expose-headers"].split(", ")
    assert answer.headers["x-request-id"] == f"{path}-{is_allowed}"
    assert json.loads(answer.body)["trace_id"] == trace_id
    line = server.line_of(f"{path}-{is_allowed}")
    assert (line["event"], line["status_code"]) == ("request.answered", 408)
    assert line["trace_id"] == trace_id


def test_a_stream_of_jobs_that_is_refused_has_its_line_in_the_log(server: Server) -> None:
    more = "Content-Type: application/x-ndjson\r\nX-Request-ID: refused-lines\r\n"
    head = b"POST /addJobs HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n" + more.encode()
    with server.connect(head + b"\r\n{}") as client:
        assert_problem(client.answer(), 401, "not_authenticated")

    line = server.line_of("refused-lines")
    assert (line["event"], line["status_code"]) == ("request.answered", 401)
    assert line["bytes"] > 0


def test_the_answer_is_not_lost_while_the_body_still_comes(server: Server) -> None:
    """A connection that is closed with unread bytes is reset, which takes the answer along."""
    with server.connect(post("/login", LARGE)) as client:
        for _ in range(60):
            client.send(b" " * 100_000)
        assert_problem(client.answer(), 413, "body_too_large")


def test_a_client_that_waits_for_100_gets_it(server: Server) -> None:
    with server.connect(post("/login", 2, more="Expect: 100-continue\r\n")) as client:
        assert client.answer().status == 100
        client.send(b"{}")
        assert_problem(client.answer(), 400, "invalid")


@pytest.mark.parametrize(
    "refused",
    [
        post("/login", None, b"0\r\n\r\n", "Transfer-Encoding: chunked\r\n"),
        post("/addJobs", 2, b"{}").replace(b"application/json", b"application/x-ndjson"),
    ],
    ids=["chunks", "lines"],
)
def test_a_connection_ends_when_the_answer_says_so(server: Server, refused: bytes) -> None:
    """Also if the request has come completely, and another one behind it."""
    with server.connect(refused + get("/health/live")) as client:
        assert client.answer().headers["connection"] == "close"
        assert client.ends()


def test_a_small_refused_body_does_not_end_the_connection(server: Server) -> None:
    with server.connect(post("/addJob", 2, b"{}")) as client:
        assert_problem(client.answer(), 401, "not_authenticated")
        assert_next(client)


def test_what_is_no_request_after_one_that_was_answered(server: Server) -> None:
    with server.connect(get("/health/live")) as client:
        assert client.answer().status == 200
        client.send(b"nonsense\r\n\r\n")
        assert_problem(client.answer(), 400, "bad_request")
        assert client.ends()


def test_an_upgrade_is_answered_as_a_plain_request(server: Server) -> None:
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    raw = get("/nowhere")[:-2] + f"{upgrade}Sec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode()
    with server.connect(raw) as client:
        assert_problem(client.answer(), 404, "not_found")


def test_a_client_that_hangs_up_is_no_error_of_the_server(server: Server) -> None:
    refused = server.child.log.read_text().count("internal_error")
    for begun in (post("/login", 60, b'{"username": '), post("/addJob", 9)):
        with server.connect(begun):
            assert server.status("/health/live") == 200
        for _ in range(3):  # by then the server has seen it
            assert server.status("/health/live") == 200
    assert server.child.log.read_text().count("internal_error") == refused


def assert_next(client: Client) -> None:
    client.send(get("/health/live"))
    assert client.answer().status == 200
