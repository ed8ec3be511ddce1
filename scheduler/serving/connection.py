"""One connection: gunicorn's, with deadlines, and with refusals that are problems.

It builds on methods of gunicorn that are not public: its version is pinned exactly, and
`scheduler/tests/serving` speaks to a real server.
"""

import asyncio
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from gunicorn.asgi.parser import UnsupportedTransferCoding
from gunicorn.asgi.protocol import ASGIProtocol

from scheduler.http.problems import Problem
from scheduler.serving.limits import ANSWER_SECONDS, HEADERS_SECONDS, LINGER_SECONDS
from scheduler.serving.refusals import (
    HEADERS_TOO_SLOW,
    TOO_MANY_CONNECTIONS,
    problem_of_status,
    refusal,
)
from scheduler.serving.request_counts import request_counts
from scheduler.serving.request_target import TargetRefused, check_host, read_target

_CHUNKED = b"chunked"

Headers = list[tuple[bytes, bytes]]

logger = logging.getLogger(__name__)


class Connection(ASGIProtocol):  # type: ignore[misc]
    """A connection waits for headers, has a request, or is kept for the next one."""

    _closed: bool
    _headers_timer: asyncio.TimerHandle | None = None
    _has_received = False  # any byte of the request that is awaited
    _is_answered = False  # the last request: its answer has begun
    _is_last = False  # that answer says that the connection ends with it

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Makes room if there are too many connections: what waits longest has to go."""
        super().connection_made(transport)
        self._await_headers()
        if self.worker.nr_conns > self.worker.worker_connections:
            oldest = next(iter(self.worker.waiting))
            if oldest is self:
                self._refuse(TOO_MANY_CONNECTIONS)
            else:
                self.worker.waiting.pop(oldest)
                oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Feeds the parser."""
        if self._closed:
            return  # What comes after the last answer is dropped.
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock and forgets the connection."""
        self._stop_clock()
        self.worker.waiting.pop(self, None)
        super().connection_lost(exc)

    def close_if_idle(self) -> None:
        """For a server that stops: ends the connection unless it has a request."""
        if self._current_request is None and not self._has_received:
            self._close_transport()

    def _await_headers(self) -> None:
        self.worker.waiting[self] = None
        self._headers_timer = self.worker.loop.call_later(HEADERS_SECONDS, self._headers_late)

    def _stop_clock(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

    def _headers_late(self) -> None:
        self._headers_timer = None
        if self._has_received:
            self._refuse(HEADERS_TOO_SLOW)
        else:
            self._close_transport()

    def _feed_callback_parser(self, data: bytes) -> bool:
        """As gunicorn's, which knows no refusal of a target, and no ValueError: `int` raises it for
        a length of 5,000 digits.

        The first byte of a request starts the clock for its headers, also if it came together with
        the request before.
        """
        if self._current_request is None:
            self._has_received = True
            if self._headers_timer is None:
                self._await_headers()
        try:
            return bool(super()._feed_callback_parser(data))
        except TargetRefused as refused:
            self._refuse(refused.problem)
        except ValueError as error:
            self._send_error_response(400, str(error))
            self._close_transport()
        return False

    def _on_headers_complete(self) -> Any:
        self._take_target()
        self._stop_clock()
        self.worker.waiting.pop(self, None)
        self._has_received = self._is_answered = self._is_last = False
        skips_body = super()._on_headers_complete()
        _check(self._current_request)
        return skips_body

    def _send_response_start(
        self, status: int, headers: Headers, *args: Any, **kwargs: Any
    ) -> None:
        self._is_answered = True
        self._is_last = (b"connection", b"close") in headers
        super()._send_response_start(status, headers, *args, **kwargs)

    async def _serve_http_request(self, *args: Any) -> bool:
        """As gunicorn's, which does not look at what the answer says of the connection; true where
        that is kept."""
        return bool(await super()._serve_http_request(*args)) and not self._is_last

    def _take_target(self) -> None:
        """Turns a URL as request target into a path, and its host into the header Host, which does
        not count beside it (RFC 9112, 3.2.2). Raises TargetRefused."""
        parser = self._callback_parser
        check_host(parser.http_version, parser.headers)
        target = read_target(parser.method, parser.path)
        parser.path = target.path
        if target.host is not None:
            others = [one for one in parser.headers if one[0] != b"host"]
            parser.headers = [(b"host", target.host), *others]

    def _arm_keepalive_timer(self) -> None:
        """The connection is idle now."""
        self.worker.waiting[self] = None
        super()._arm_keepalive_timer()

    def _is_websocket_upgrade(self, request: Any) -> bool:
        return False  # A request to upgrade is answered as if it did not ask for it.

    def _send_error_response(
        self, status: int, message: str, extra_headers: Iterable[Any] = ()
    ) -> None:
        """As gunicorn's, which calls it for what is no proper request; `message` quotes that.

        It does so as well for a request that was not answered because its client has gone away:
        that is no error of the server, and nobody reads what is written. Nor is anything written
        into an answer that has begun, which a stream of jobs has while its body still comes.
        """
        is_within_answer = self._current_request is not None and self._is_answered
        if not self._closed and not is_within_answer:
            self._write_problem(problem_of_status(status))

    def _refuse(self, problem: Problem) -> None:
        self._write_problem(problem)
        self._close_transport()

    def _write_problem(self, problem: Problem) -> None:
        answer = refusal(problem)
        reason = HTTPStatus(answer.status).phrase
        head = b"".join(b"%s: %s\r\n" % header for header in answer.headers)
        self._safe_write(f"HTTP/1.1 {answer.status} {reason}\r\n".encode() + head + b"\r\n")
        self._safe_write(answer.body)
        request_counts.count("", "", problem.status, 0.0)
        peer = self.transport.get_extra_info("peername")
        logger.warning(
            "A connection was refused: %s",
            problem.code,
            extra={
                "event": "connection.refused",
                "code": problem.code,
                "status_code": problem.status,
                "client": peer[0] if isinstance(peer, tuple) else "-",
            },
        )

    def _close_transport(self) -> None:
        """Ends the connection once the last answer is out, and what is still coming was dropped."""
        transport = self.transport
        if transport is None or self._closed:
            return
        loop = self.worker.loop
        loop.call_later(ANSWER_SECONDS, transport.abort)
        if self._is_read():
            super()._close_transport()
            return
        self._closed = True
        if transport.can_write_eof():
            transport.write_eof()
        transport.resume_reading()
        loop.call_later(LINGER_SECONDS, transport.close)
        if self._request_ready is not None:
            self._request_ready.set()

    def _is_read(self) -> bool:
        """Whether nothing of a request may still be on its way."""
        if self._current_request is None:
            return not self._has_received
        if self._is_last:
            return False  # The client had no reason yet to stop sending.
        return self._body_receiver is None or bool(self._body_receiver._complete)


def _check(request: Any) -> None:
    """Raises what gunicorn refuses a request for, where it is laxer than its callers should be."""
    for name, value in request.headers_bytes:
        if name == b"transfer-encoding" and value.lower() != _CHUNKED:
            raise UnsupportedTransferCoding("such a body would be taken as it is")
    if request.version < (1, 1):
        request.must_close = True  # an answer without a length ends with its connection
