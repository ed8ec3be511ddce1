"""The ASGI application in front of Django: clients wait here, on the event loop; threads only work.

A request takes a thread when it is complete, and leaves it when its answer is there, however slowly
the client sends and reads. What is to wait for long (a client that polls, a stream of events) is a
coroutine here, and takes no thread.
"""

import asyncio
import time
from typing import NamedTuple

from accounts.rate_limits import REPEATED_KEY
from scheduler.http.problems import Problem
from scheduler.serving.answered import answered
from scheduler.serving.delivery import Send, deliver, deliver_parts, stream
from scheduler.serving.job_lines import JobLines, is_job_lines
from scheduler.serving.limits import (
    BODY_BYTES_PER_SECOND,
    BODY_GRACE_SECONDS,
    BODY_MAX_BYTES,
    FORM_MAX_BYTES,
    LARGE_BODIES,
    SMALL_BODY_BYTES,
)
from scheduler.serving.refusals import BODY_TOO_LARGE, BODY_TOO_SLOW, refusal
from scheduler.serving.server_options import is_server_options, server_options
from scheduler.serving.threads import Threads, resolve
from scheduler.serving.waiting import ClientGone, Receive, Wait
from scheduler.serving.wsgi_call import Answer, BodyWanted, Scope, WsgiApplication, WsgiCall

# Answered by a thread of its own, so that it says whether the process lives, not how busy it is.
LIVE_PATH = "/health/live"


class Refused(Exception):
    """The body is not read to its end."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Framing(NamedTuple):
    """What the headers say of the body."""

    length: int
    is_chunked: bool
    is_json: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is none."""
        return not self.is_chunked and not self.length

    @property
    def is_small(self) -> bool:
        """Whether it can be read before anything is known of the call."""
        return not self.is_chunked and self.length <= SMALL_BODY_BYTES


class Front:
    """Django behind an event loop."""

    def __init__(self, application: WsgiApplication, threads: int) -> None:
        self._application = application
        self._threads = Threads(threads, "request")
        self._probe = Threads(1, "probe")
        self._large = asyncio.Semaphore(LARGE_BODIES)
        self._job_lines = JobLines(self._called)
        self._waits: set[Wait] = set()
        self._is_stopping = False

    def stop(self) -> None:
        """Requests that wait are answered with what is, and none waits any more."""
        self._is_stopping = True
        for wait in list(self._waits):
            wait.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if is_job_lines(scope):
            await self._job_lines.answer(scope, receive, send)
            return
        if is_server_options(scope):
            answer = server_options(scope)
            answered(scope, answer, 0.0)
            await deliver(answer, send)
            return
        try:
            if scope["method"] == "GET" and _framing(scope).is_empty and not self._is_stopping:
                await self._answer_when_ready(scope, receive, send)
            else:
                await self._deliver(await self._answer(scope, receive), scope, send)
        except Refused as refused:
            answer = refusal(refused.problem, scope)
            answered(scope, answer, 0.0)
            await deliver(answer, send)
        except ClientGone:
            pass

    async def _answer_when_ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Django may say that its answer, or more of it, is still to come: then it is asked again
        when there is news."""
        wait = Wait(receive)
        self._waits.add(wait)
        try:
            answer = await self._called(scope, b"", wait)
            if answer.status >= 400:
                wait.offer.is_waiting = False  # a refusal is whole, whatever was to come
            if wait.offer.is_stream and wait.offer.is_waiting:
                await stream(answer, scope, wait, send, lambda: self._called(scope, b"", wait))
                return
            while wait.offer.is_waiting:
                await wait.for_news()
                answer = await self._called(scope, b"", wait)
        finally:
            self._waits.discard(wait)
            wait.close()
        await self._deliver(answer, scope, send)

    async def _deliver(self, answer: Answer, scope: Scope, send: Send) -> None:
        call = answer.rest
        if call is None:
            await deliver(answer, send)
            return
        try:
            await deliver_parts(answer, scope, send, lambda: self._threads.result_of(call.part))
        finally:
            self._threads.run(call.close)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        framing = _framing(scope)
        if framing.is_small:
            body = await _body(receive, framing.length) if framing.length else b""
            return await self._called(scope, body)
        # Most refusals need no body. The connection ends with them, as the body stays unread.
        try:
            return _closing(await self._called(scope, None))
        except BodyWanted:
            pass
        if framing.length > (BODY_MAX_BYTES if framing.is_json else FORM_MAX_BYTES):
            raise Refused(BODY_TOO_LARGE)
        async with self._large:
            body = await _body(receive, framing.length)
            return await self._called(scope, body, is_repeated=True)

    async def _called(
        self,
        scope: Scope,
        body: bytes | None,
        wait: Wait | None = None,
        *,
        is_repeated: bool = False,
    ) -> Answer:
        """Django's answer, from a thread; raises BodyWanted if it asks for a body that is None.

        `is_repeated`: whether it was called before for this request.
        """
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[Answer | BaseException] = loop.create_future()
        extensions = {} if wait is None else wait.extensions()
        if is_repeated:
            extensions[REPEATED_KEY] = True

        def call() -> None:
            begun = time.monotonic()
            one = WsgiCall(self._application, scope, body, extensions)
            try:
                answer = one.answer()
            except BaseException as error:  # noqa: BLE001 - raised on the event loop
                resolve(loop, ready, error)
                return
            is_stream = answer.rest is not None  # counted, logged and closed after its last part
            is_whole = wait is None or wait.is_answered
            # Slices of lines are counted together; who waits, in the end. Before the client has it:
            # the process may end with this request, and this thread with it.
            if "environ" not in scope and is_whole and not is_stream:
                answered(scope, answer, time.monotonic() - begun)
            resolve(loop, ready, answer)
            if not is_stream:
                one.close()

        is_probe = scope["path"].rstrip("/") == LIVE_PATH
        (self._probe if is_probe else self._threads).run(call)
        answer = await ready
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _framing(scope: Scope) -> Framing:
    headers = dict(scope["headers"])
    return Framing(
        length=int(headers.get(b"content-length", 0)),
        is_chunked=b"transfer-encoding" in headers,
        is_json=headers.get(b"content-type", b"").lower().startswith(b"application/json"),
    )


async def _body(receive: Receive, length: int) -> bytes:
    """The body; raises Refused if it comes too slowly, ClientGone if it does not come."""
    begun = asyncio.get_running_loop().time()
    parts: list[bytes] = []
    received = 0
    while received < length:
        deadline = begun + BODY_GRACE_SECONDS + received / BODY_BYTES_PER_SECOND
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise Refused(BODY_TOO_SLOW) from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message["body"])
        received += len(message["body"])
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _closing(answer: Answer) -> Answer:
    return answer._replace(headers=[*answer.headers, (b"connection", b"close")])
