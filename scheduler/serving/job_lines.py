"""`POST /addJobs` with `application/x-ndjson`: jobs of any number, answered while they come.

The lines are cut into slices, and each slice is a call of Django, on a thread, as if it had come
alone. Its answers are sent when it is committed, and before the next one begins, so that a client
that does not read is not read from either.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from accounts.rate_limits import REPEATED_KEY
from scheduler.http.problems import Problem
from scheduler.http.request_id import HEADER, accepted_id
from scheduler.serving import limits
from scheduler.serving.answered import answered
from scheduler.serving.line_stream import Gone, LineStream, LineTooLong, Receive, TooSlow
from scheduler.serving.refusals import BODY_TOO_SLOW, refusal
from scheduler.serving.wsgi_call import Answer, BodyWanted, Scope

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
# Django's answer to a request with that body; None stands for one that must not be read.
Call = Callable[[Scope, bytes | None], Awaitable[Answer]]

MEDIA_TYPE = b"application/x-ndjson"
PATH = "/addJobs"

# Streams that one process takes at a time: each holds 4 MiB at most.
STREAMS_MAX = 16
LINE_MAX_BYTES = 8 * 1024 * 1024

TOO_MANY_STREAMS = Problem(
    503,
    "too_many_streams",
    "The server takes no further stream of jobs at the moment. Try again.",
    headers={"Retry-After": "5"},
)
LINE_TOO_LONG = Problem(
    413, "line_too_long", f"A line has more than {LINE_MAX_BYTES} bytes; nothing after it was read."
)

_REQUEST_ID = HEADER.lower().encode()
_OWN_HEADERS = (b"content-length", b"transfer-encoding", b"expect")


def is_job_lines(scope: Scope) -> bool:
    """Whether the request is a stream of jobs."""
    if scope["method"] != "POST" or not scope["path"].rstrip("/").endswith(PATH):
        return False
    kind = dict(scope["headers"]).get(b"content-type", b"")
    return bool(kind.partition(b";")[0].strip().lower() == MEDIA_TYPE)


class JobLines:
    """The streams of one process."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._open = 0

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        begun = time.perf_counter()
        scope, response = _with_request_id(scope), _Response(send)
        with suppress(Gone, TimeoutError):  # What was answered is committed; the connection ends.
            await self._answer(scope, receive, response)
        if response.has_begun:
            answered(scope, response.summary, time.perf_counter() - begun, response.size)

    async def _answer(self, scope: Scope, receive: Receive, response: "_Response") -> None:
        try:
            # Whatever is wrong but with the lines is answered before any is read.
            first = await self._call(_slice_scope(scope, 1, 0, is_repeated=False), None)
        except BodyWanted:
            pass
        else:
            await response.refuse(first)
            return
        if self._open >= STREAMS_MAX:
            await response.refuse(refusal(TOO_MANY_STREAMS, scope))
            return
        self._open += 1
        try:
            await self._answer_lines(scope, LineStream(receive, LINE_MAX_BYTES), response)
        finally:
            self._open -= 1

    async def _answer_lines(self, scope: Scope, stream: LineStream, response: "_Response") -> None:
        try:
            async for lines in stream.slices():
                answer = await self._call(_slice_scope(scope, len(lines), response.lines), lines)
                if answer.status != 200:
                    await response.end_with(answer, _jobs_in(lines))
                    return
                await response.send_lines(answer)
            if not response.has_begun:  # there is no line
                await response.send_lines(await self._call(_slice_scope(scope, 0, 0), b""))
        except TooSlow:
            await response.end_with(refusal(BODY_TOO_SLOW, scope), 1)
        except LineTooLong:
            await response.end_with(refusal(LINE_TOO_LONG, scope), 1)
        else:
            await response.end()


class _Response:
    """What is sent: lines once the first slice is committed, before that perhaps a refusal."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False
        self.lines = 0
        self.size = 0  # of the body so far, in bytes
        self._status = 200
        self._headers: list[tuple[bytes, bytes]] = []

    @property
    def summary(self) -> Answer:
        """For the log."""
        return Answer(self._status, self._headers, b"")

    async def refuse(self, answer: Answer) -> None:
        """The answer is the whole response. The body is not read, so that the connection ends."""
        headers = [one for one in answer.headers if one[0] != b"connection"]
        await self._begin(answer.status, [*headers, (b"connection", b"close")])
        await self._body(answer.body, more=False)

    async def send_lines(self, answer: Answer) -> None:
        """The answers to a slice, each a line."""
        if not self.has_begun:
            headers = [one for one in answer.headers if one[0] != b"content-length"]
            await self._begin(200, headers)
        self.lines += answer.body.count(b"\n")
        if answer.body:
            await self._body(answer.body, more=True)

    async def end_with(self, answer: Answer, lines: int) -> None:
        """A slice of this many `lines` is refused as a whole: each gets the problem. Then it ends.

        Lines that have no answer were not accepted.
        """
        if not self.has_begun:
            await self.refuse(answer)
            return
        problem = json.loads(answer.body)
        told = {name: problem[name] for name in ("code", "detail", "errors", "error_count")}
        body = b"".join(
            json.dumps({"index": index, "status": answer.status, "problem": told}).encode() + b"\n"
            for index in range(self.lines, self.lines + lines)
        )
        self.lines += lines
        await self._body(body, more=False)

    async def end(self) -> None:
        """All lines are answered."""
        await self._body(b"", more=False)

    async def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.has_begun = True
        self._status, self._headers = status, headers
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _body(self, body: bytes, *, more: bool) -> None:
        """Raises TimeoutError if the client does not take it."""
        self.size += len(body)
        async with asyncio.timeout(limits.ANSWER_SECONDS):
            await self._send({"type": "http.response.body", "body": body, "more_body": more})


def _jobs_in(lines: bytes) -> int:
    """How many lines of a slice are answered: blank ones are not, and the last may have no end."""
    return sum(1 for line in lines.split(b"\n") if line and not line.isspace())


def _with_request_id(scope: Scope) -> Scope:
    """The request with one id for all of its slices, whose jobs go back to it."""
    sent = dict(scope["headers"]).get(_REQUEST_ID, b"").decode("latin-1")
    headers = [one for one in scope["headers"] if one[0] != _REQUEST_ID]
    return {**scope, "headers": [*headers, (_REQUEST_ID, accepted_id(sent).encode())]}


def _slice_scope(scope: Scope, length: int, first_index: int, *, is_repeated: bool = True) -> Scope:
    """The request as if the slice were all of it; `first_index`: how many lines came before.

    The first call, for a body that must not be read, is the one that counts.
    """
    headers = [one for one in scope["headers"] if one[0] not in _OWN_HEADERS]
    own: dict[str, Any] = {"jobs.first_index": first_index}
    if is_repeated:
        own[REPEATED_KEY] = True
    return {**scope, "headers": [*headers, (b"content-length", b"%d" % length)], "environ": own}
