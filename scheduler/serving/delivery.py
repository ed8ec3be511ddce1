"""Answers go to their clients: as a whole, or as a stream of parts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from scheduler.serving.answered import answered
from scheduler.serving.limits import ANSWER_SECONDS, HEARTBEAT_SECONDS, REVIEW_SECONDS
from scheduler.serving.waiting import ClientGone, Wait
from scheduler.serving.wsgi_call import Answer, Scope

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# A comment, which clients of an event stream pass over.
HEARTBEAT = b":\n\n"
# With these Django could not answer now; the stream goes on, and it is asked again.
LATER = range(500, 600)


async def deliver(answer: Answer, send: Send) -> None:
    """Sends the answer; gives up on a client that does not take it, which ends the connection."""
    await _begin(answer, send)
    with suppress(ClientGone):
        await _write(answer.body, send, is_last=True)


async def deliver_parts(
    answer: Answer, scope: Scope, send: Send, next_part: Callable[[], Awaitable[bytes | None]]
) -> None:
    """Sends an answer in parts, each of which is made once the client has taken those before.

    An error of `next_part` ends the connection in the middle of the answer, which the client sees.
    """
    begun = asyncio.get_running_loop().time()
    await _begin(_without_length(answer), send)
    size = 0
    part: bytes | None = answer.body
    try:
        with suppress(ClientGone):
            while part is not None:
                size += len(part)
                await _write(part, send)
                part = await next_part()
            await _write(b"", send, is_last=True)
    finally:
        answered(scope, answer, asyncio.get_running_loop().time() - begun, size)


async def stream(
    answer: Answer,
    scope: Scope,
    wait: Wait,
    send: Send,
    call: Callable[[], Awaitable[Answer]],
) -> None:
    """Sends the answer and, as there is news, what further calls answer, until nothing more comes.

    Each call is checked like the first one, so that the stream ends with the rights of its client;
    once a minute also without news. Raises ClientGone.
    """
    wait.is_streaming = True
    await _begin(_without_length(answer), send)
    size = len(answer.body)
    try:
        await _write(answer.body, send)
        async for part in _parts(wait, call):
            size += len(part)
            await _write(part, send)
        await _write(b"", send, is_last=True)
    finally:
        answered(scope, answer, wait.seconds, size)


async def _parts(wait: Wait, call: Callable[[], Awaitable[Answer]]) -> AsyncIterator[bytes]:
    called_at = wait.seconds
    while True:
        has_news = await wait.for_news(HEARTBEAT_SECONDS)
        if wait.offer.is_over:
            return
        if not has_news and wait.seconds - called_at < REVIEW_SECONDS:
            yield HEARTBEAT
            continue
        answer, called_at = await call(), wait.seconds
        if answer.status in LATER:
            called_at -= REVIEW_SECONDS
            yield HEARTBEAT
            continue
        if answer.status == 200:
            yield answer.body or HEARTBEAT
        if not wait.offer.is_waiting:
            return


async def _begin(answer: Answer, send: Send) -> None:
    start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    await send(start)


async def _write(body: bytes, send: Send, *, is_last: bool = False) -> None:
    """Raises ClientGone for a client that does not take it."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await send({"type": "http.response.body", "body": body, "more_body": not is_last})
    except TimeoutError:
        raise ClientGone from None


def _without_length(answer: Answer) -> Answer:
    headers = [(name, value) for name, value in answer.headers if name != b"content-length"]
    return answer._replace(headers=headers)
