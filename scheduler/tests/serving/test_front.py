"""What of a request reaches the application, on which thread, and when."""

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from accounts.rate_limits import REPEATED_KEY
from scheduler.serving import front
from scheduler.serving.front import Front
from scheduler.serving.limits import FORM_MAX_BYTES, SMALL_BODY_BYTES

LARGE = SMALL_BODY_BYTES + 1


class Application:
    """A WSGI application that keeps what it was asked."""

    def __init__(self, *, reads: bool = True) -> None:
        self.reads = reads
        self.calls: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.threads: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.calls.append(environ)
        self.threads.add(threading.current_thread().name)
        if self.reads:
            self.bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Length", "2")])
        return [b"o", b"k"]


class Client:
    """Sends the parts of a body when they are asked for, and keeps what is sent to it."""

    def __init__(self, *parts: bytes, length: int | None = None, gone: bool = False) -> None:
        self.parts = list(parts)
        self.asked = 0
        self.sent: list[Any] = []
        self.length = sum(map(len, parts)) if length is None else length
        self.gone = gone

    async def receive(self) -> dict[str, Any]:
        self.asked += 1
        if self.parts:
            part = self.parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self.parts)}
        if self.gone:
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def connection(self) -> bytes | None:
        return dict(self.sent[0]["headers"]).get(b"connection")


def ask(application: Any, client: Client, path: str = "/x", *headers: tuple[bytes, bytes]) -> None:
    async def run() -> None:
        scope = {
            "type": "http", "method": "POST", "http_version": "1.1", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"a=%20&b", "client": ("c", 1),
            "server": ("s", 2),
            "headers": [(b"content-length", b"%d" % client.length), *headers],
        }  # fmt: skip
        await Front(application, 2)(scope, client.receive, client.send)

    asyncio.run(run())


JSON = (b"content-type", b"application/json")


def test_a_small_body_is_read_before_the_application_is_asked() -> None:
    application, client = Application(), Client(b"ab", b"c")

    ask(application, client)

    assert application.bodies == [b"abc"]
    assert client.sent[1]["body"] == b"ok"
    assert client.connection is None


def test_a_large_body_that_is_not_wanted_is_not_read() -> None:
    application, client = Application(reads=False), Client(b"x" * LARGE)

    ask(application, client)

    assert len(application.calls) == 1
    assert (client.asked, client.status, client.connection) == (0, 200, b"close")


def test_a_large_body_that_is_wanted_is_read() -> None:
    application, client = Application(), Client(b"x" * 60_000, b"y" * 60_000)

    ask(application, client, "/x", JSON)

    assert application.bodies == [b"x" * 60_000 + b"y" * 60_000]
    assert (client.status, client.connection) == (200, None)


def test_a_call_that_is_made_once_more_says_so() -> None:
    application, client = Application(), Client(b"x" * LARGE)

    ask(application, client, "/x", JSON)

    assert [one.get(REPEATED_KEY) for one in application.calls] == [None, True]


def test_the_slices_of_a_stream_are_one_call_with_one_id() -> None:
    application = Application()
    client = Client(b'{"a": 1}\n' * 1_500)

    ask(application, client, "/addJobs", (b"content-type", b"application/x-ndjson"))

    assert len(application.calls) == 3  # before the body, and for two slices
    assert [one.get(REPEATED_KEY) for one in application.calls] == [None, True, True]
    [request_id] = {one["HTTP_X_REQUEST_ID"] for one in application.calls}
    assert len(request_id) == 32


def test_a_form_is_no_way_to_fill_the_memory() -> None:
    application, client = Application(), Client(length=FORM_MAX_BYTES + 1)

    ask(application, client)

    assert (client.asked, client.status, client.connection) == (0, 413, b"close")
    assert application.bodies == []


def test_a_body_in_chunks_is_left_to_the_application() -> None:
    application, client = Application(reads=False), Client(length=0)

    ask(application, client, "/x", (b"transfer-encoding", b"chunked"))

    assert (client.asked, client.connection) == (0, b"close")
    assert application.calls[0]["HTTP_TRANSFER_ENCODING"] == "chunked"


def test_a_client_that_goes_away_asks_nothing() -> None:
    application, client = Application(), Client(b"a", length=5, gone=True)

    ask(application, client)

    assert (application.calls, client.sent) == ([], [])


def test_a_body_that_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "BODY_GRACE_SECONDS", 0.05)
    application, client = Application(), Client(b"a", length=5)

    ask(application, client)

    assert (application.calls, client.status, client.connection) == ([], 408, b"close")


def test_what_the_application_is_told() -> None:
    application = Application()

    ask(
        application, Client(b"{}"), "/caf%C3%A9", JSON,
        (b"x-a", b"1"), (b"x-a", b"2"), (b"cookie", b"a=1"), (b"cookie", b"b=2"),
    )  # fmt: skip

    [environ] = application.calls
    assert environ["PATH_INFO"] == "/café".encode().decode("latin-1")
    assert environ["QUERY_STRING"] == "a=%20&b"
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("application/json", "2")
    assert (environ["HTTP_X_A"], environ["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert (environ["REMOTE_ADDR"], environ["REQUEST_METHOD"]) == ("c", "POST")


def test_liveness_has_a_thread_of_its_own() -> None:
    application = Application()

    ask(application, Client(), "/health/live")
    ask(application, Client(), "/jobs")

    assert {name.split("-")[0] for name in application.threads} == {"probe", "request"}


def test_an_application_that_fails_fails_the_request() -> None:
    def broken(environ: Any, start_response: Any) -> Iterable[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(broken, Client())


class InParts:
    """A response that is made while it is sent."""

    is_in_parts = True

    def __init__(self, parts: list[bytes | Exception]) -> None:
        self.parts = parts
        self.closed = threading.Event()

    def __iter__(self) -> Any:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part

    def close(self) -> None:
        self.closed.set()


def answering(response: InParts) -> Any:
    def application(environ: dict[str, Any], start_response: Any) -> InParts:
        start_response("200 OK", [("Content-Type", "text/csv")])
        return response

    return application


def test_an_answer_in_parts_is_sent_part_by_part_and_closed() -> None:
    response, client = InParts([b"a", b"b", b"c"]), Client()
    ask(answering(response), client)
    assert [one["body"] for one in client.sent[1:]] == [b"a", b"b", b"c", b""]
    assert [one["more_body"] for one in client.sent[1:]] == [True, True, True, False]
    assert b"content-length" not in dict(client.sent[0]["headers"])
    assert response.closed.wait(20)


def test_an_answer_in_parts_that_fails_is_not_ended_as_if_it_were_whole() -> None:
    response, client = InParts([b"a", RuntimeError("gone")]), Client()
    with pytest.raises(RuntimeError, match="gone"):
        ask(answering(response), client)
    assert all(one["more_body"] for one in client.sent[1:])
    assert response.closed.wait(20)


def test_a_client_that_takes_nothing_ends_an_answer_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scheduler.serving.delivery.ANSWER_SECONDS", 0.05)
    response, client = InParts([b"a"] * 1_000), Client()
    taken = client.send

    async def stuck(message: Any) -> None:
        await taken(message)
        if len(client.sent) > 3:
            await asyncio.Event().wait()

    client.send = stuck  # type: ignore[method-assign]
    ask(answering(response), client)
    assert len(client.sent) < 10
    assert response.closed.wait(20)
