"""A client of event streams, on one event loop."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

SECONDS = 30.0


class Event(NamedTuple):
    """One event of a stream."""

    id: str
    name: str
    data: Any


class Stream:
    """An open stream, or an answer that is none."""

    def __init__(self, reader: asyncio.StreamReader, status: int, head: str) -> None:
        self._reader = reader
        self.status = status
        self.head = head

    async def event(self) -> Event | None:
        """The next event; None at the end of the stream. Comments are passed over."""
        async with asyncio.timeout(SECONDS):
            while True:
                fields: dict[str, str] = {}
                while line := await self._line():
                    name, _, value = line.partition(": ")
                    fields[name] = value
                if "event" in fields:
                    return Event(fields["id"], fields["event"], json.loads(fields["data"]))
                if line is None:
                    return None

    async def _line(self) -> str | None:
        """The next line of the body, whose chunks begin and end with whole events."""
        while True:
            raw = await self._reader.readline()
            if not raw:
                return None
            if raw.endswith(b"\r\n"):  # the size of a chunk, or its end
                if raw == b"0\r\n":
                    return None
                continue
            return raw.decode().removesuffix("\n")


@asynccontextmanager
async def opened(
    address: str, token: str, row_id: str, last: str = "", of: str = "jobs"
) -> AsyncIterator[Stream]:
    """A stream of the events of a job, or of one of the `batches`, on a connection of its own."""
    url = urlsplit(address)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = f"GET /{of}/{row_id}/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    head += "Accept: text/event-stream\r\n"
    head += f"Last-Event-ID: {last}\r\n" if last else ""
    writer.write(f"{head}Authorization: Bearer {token}\r\n\r\n".encode())
    try:
        answered = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        yield Stream(reader, int(answered.split(" ")[1]), answered)
    finally:
        writer.close()
        await writer.wait_closed()
