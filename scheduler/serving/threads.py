"""The threads on which Django runs: a fixed number, each with one database connection."""

import asyncio
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
Work = Callable[[], None]


class Threads:
    """Runs work in the order in which it comes. Threads end with their process.

    `concurrent.futures` does the same with a future, a condition and two locks for each piece.
    """

    def __init__(self, count: int, name: str) -> None:
        self._work: SimpleQueue[Work] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True).start()

    def run(self, work: Work) -> None:
        """Queues the work, which reports by itself."""
        self._work.put(work)

    async def result_of(self, work: Callable[[], Value]) -> Value:
        """What the work returns, on one of the threads; raises what it raises."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Value | BaseException] = loop.create_future()

        def run() -> None:
            try:
                value: Value | BaseException = work()
            except BaseException as error:  # noqa: BLE001 - raised on the event loop
                value = error
            resolve(loop, done, value)

        self.run(run)
        value = await done
        if isinstance(value, BaseException):
            raise value
        return value

    def _run(self) -> None:
        while True:
            work = self._work.get()
            try:
                work()
            except Exception:
                logger.exception("A request failed", extra={"event": "request.failed"})


def resolve(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Value]", value: Value) -> None:
    """Hands a value from a thread to the coroutine that waits for it on the event loop."""

    def set_result() -> None:
        if not future.done():
            future.set_result(value)

    loop.call_soon_threadsafe(set_result)
