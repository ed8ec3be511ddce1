"""A body of lines of any length, read while it is worked on: what is in memory has a limit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from scheduler.serving.limits import BODY_BYTES_PER_SECOND, BODY_GRACE_SECONDS

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

# What is worked on at a time. A thousand lines of 8 KB would be no faster in one piece.
SLICE_LINES = 1_000
SLICE_BYTES = 1024 * 1024

# Read ahead while a slice is worked on.
BUFFER_BYTES = 2 * SLICE_BYTES


class LineTooLong(Exception):
    """A line has more bytes than any is read."""


class TooSlow(Exception):
    """The lines come more slowly than bodies may."""


class Gone(Exception):
    """The connection ended before the body did."""


class LineStream:
    """The lines of one body. `receive` is that of ASGI; `line_max` counts bytes."""

    def __init__(self, receive: Receive, line_max: int) -> None:
        self._receive = receive
        self._line_max = line_max
        self._buffer = bytearray()
        self._error: Exception | None = None
        self._has_ended = False
        self._changed = asyncio.Event()  # there is more to take, or an end
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def slices(self) -> AsyncIterator[bytes]:
        """Whole lines, as many as have come, up to SLICE_LINES and SLICE_BYTES (or one line).

        Raises LineTooLong, TooSlow, Gone, once the lines before are taken.
        """
        reader = asyncio.create_task(self._read())
        try:
            while (lines := await self._next()) is not None:
                yield lines
        finally:
            reader.cancel()

    async def _next(self) -> bytes | None:
        while True:
            if lines := self._taken():
                return lines
            if len(self._buffer) > self._line_max:
                raise LineTooLong
            if self._error is not None:
                raise self._error
            if self._has_ended:
                return None
            self._changed.clear()
            await self._changed.wait()

    def _taken(self) -> bytes:
        """The lines that are complete; the last one needs no end."""
        head = self._buffer[:SLICE_BYTES]
        end = head.rfind(b"\n") + 1
        if head.count(b"\n") > SLICE_LINES:
            end = sum(len(line) + 1 for line in head.split(b"\n", SLICE_LINES)[:-1])
        if not end:  # one line that is longer than a slice, or is not complete
            end = self._buffer.find(b"\n", 0, self._line_max + 1) + 1
        if not end and self._has_ended and len(self._buffer) <= self._line_max:
            end = len(self._buffer)
        lines = bytes(self._buffer[:end])
        del self._buffer[:end]
        if len(self._buffer) < BUFFER_BYTES:
            self._has_room.set()
        return lines

    async def _read(self) -> None:
        """Fills the buffer. Only time that is spent waiting for the client counts against it."""
        try:
            await self._fill()
        except Exception as error:  # noqa: BLE001 - raised where the lines are taken
            self._error = error
        self._changed.set()

    async def _fill(self) -> None:
        loop = asyncio.get_running_loop()
        received, waited = 0, 0.0
        while not self._has_ended:
            await self._has_room.wait()
            begun = loop.time()
            allowed = BODY_GRACE_SECONDS + received / BODY_BYTES_PER_SECOND - waited
            try:
                async with asyncio.timeout(allowed):
                    message = await self._receive()
            except TimeoutError:
                raise TooSlow from None
            waited += loop.time() - begun
            if message["type"] == "http.disconnect":
                raise Gone
            part = message["body"]
            received += len(part)
            self._buffer += part
            if len(self._buffer) >= max(BUFFER_BYTES, self._line_max + 1):
                self._has_room.clear()
            self._has_ended = not message.get("more_body", False)
            self._changed.set()
