"""A request whose answer is still to come waits on the event loop, without a thread."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from math import inf
from typing import Any

from accounts.rate_limits import REPEATED_KEY
from jobs.core import wait_offer
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
        self._until: float | None = None
        self.is_streaming = False
        self.offer = WaitOffer(self._wake)

    async def for_news(self, most_seconds: float = inf) -> bool:
        """Whether there is news, or the wait is over, within this time.

        Raises ClientGone.
        """
        if self._gone is None:
            self._gone = self._loop.create_task(self._until_gone())
        self.offer.has_begun = True
        until = self._until
        if until is None:
            until = self._until = self._loop.time() + self.offer.seconds
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(until, self._loop.time() + most_seconds)):
                await self._news.wait()
        if self._gone.done():
            raise ClientGone
        if self._loop.time() >= until:
            self.offer.is_over = True
        has_news = self._news.is_set() or self.offer.is_over
        self._news.clear()
        return has_news

    @property
    def seconds(self) -> float:
        """How long the request has taken."""
        return self._loop.time() - self.begun

    @property
    def is_answered(self) -> bool:
        """Whether what the last call has answered is the whole answer."""
        return not (self.offer.is_waiting or self.is_streaming)

    def extensions(self) -> dict[str, Any]:
        """What the next call has in its environment."""
        self.offer.is_waiting = False
        extensions: dict[str, Any] = {wait_offer.ENVIRONMENT_KEY: self.offer}
        if self.offer.has_begun:
            extensions[REPEATED_KEY] = True
        return extensions

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
