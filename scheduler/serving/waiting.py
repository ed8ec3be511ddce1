"""A request whose answer is still to come waits on the event loop, without a thread."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from jobs.core.wait_offer import WaitOffer

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientGone(Exception):
    """The connection ended before the request was complete, or before its answer was there."""


class Wait:
    """Lets one request wait for news of its job. To be closed."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self.begun = self._loop.time()
        self._news = asyncio.Event()
        self._gone: asyncio.Task[None] | None = None
        self.offer = WaitOffer(self._wake)

    async def for_news(self) -> None:
        """Returns when there is news, or the time of the wait is over; raises ClientGone."""
        if self._gone is None:
            self._gone = self._loop.create_task(self._until_gone())
        until = self.begun + self.offer.seconds
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._news.wait()
        if self._gone.done():
            raise ClientGone
        self._news.clear()
        self.offer.is_waiting = False
        if self._loop.time() >= until:
            self.offer.is_over = True

    def end(self) -> None:
        """The server stops: the next call answers with what is."""
        self.offer.is_over = True
        self._news.set()

    def close(self) -> None:
        """Gives up the place among those who wait."""
        self.offer.leave()
        if self._gone is not None:
            self._gone.cancel()

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._news.set()

    def _wake(self) -> None:
        """Called by another thread."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._news.set)
