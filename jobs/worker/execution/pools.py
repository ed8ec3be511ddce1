"""Claims go to threads, or, where the handler is `async def`, to the event loop."""

import threading
import time
from collections.abc import Iterable

from jobs.core.claim import ClaimedJob
from jobs.handlers.registry import job_types
from jobs.worker.execution.event_loop import EventLoop
from jobs.worker.execution.thread_pool import ThreadPool


class Pools:
    """Both executors as one, for those who fetch and stop."""

    def __init__(self, threads: ThreadPool, loop: EventLoop, changed: threading.Condition) -> None:
        self.threads = threads
        self.loop = loop
        self._changed = changed
        # What comes next is unknown before it is claimed; it is taken to resemble the last.
        self._in_use: list[ThreadPool | EventLoop] = [threads]

    def start(self) -> None:
        self.threads.start()
        self.loop.start()

    def submit(self, claims: list[ClaimedJob]) -> None:
        on_loop = [claim for claim in claims if _is_async(claim)]
        on_threads = [claim for claim in claims if not _is_async(claim)] if on_loop else claims
        used: list[ThreadPool | EventLoop] = []
        for pool, part in ((self.threads, on_threads), (self.loop, on_loop)):
            if part:
                pool.submit(part)
                used.append(pool)
        self._in_use = used or self._in_use

    def wait_for_capacity(self, timeout_seconds: float, *, look_ahead: bool) -> int:
        """Waits until more claims are welcome, or the time is over; returns how many are."""
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while True:
                room = min(pool.welcome(look_ahead=look_ahead) for pool in self._in_use)
                left = deadline - time.monotonic()
                if room > 0 or left <= 0:
                    return room
                self._changed.wait(left)

    def is_stalled(self) -> bool:
        """Whether claims wait although nothing has begun for a while."""
        return any(pool.is_stalled() for pool in self._pools())

    @property
    def held(self) -> int:
        """How many claims wait or run."""
        return sum(pool.room.held for pool in self._pools())

    @property
    def is_alive(self) -> bool:
        """Whether no thread has died of a mistake, and the event loop still answers."""
        return all(pool.is_alive for pool in self._pools())

    @property
    def is_clogged(self) -> bool:
        """Whether half of a pool is taken by handlers that were given up and do not stop."""
        return any(pool.stuck >= max(1, pool.room.size // 2) for pool in self._pools())

    @property
    def stuck(self) -> int:
        """How many handlers go on although they were given up."""
        return sum(pool.stuck for pool in self._pools())

    def take_back(self) -> list[ClaimedJob]:
        """Claims that have not begun; they are the caller's again."""
        return [claim for pool in self._pools() for claim in pool.take_back()]

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Waits until nothing runs; False if something still does when the time is over."""
        with self._changed:
            for pool in self._pools():
                pool.room.wake_when_idle()
            return self._changed.wait_for(
                lambda: all(pool.room.held == 0 for pool in self._pools()), timeout_seconds
            )

    def stop(self) -> None:
        for pool in self._pools():
            pool.stop()

    def _pools(self) -> Iterable[ThreadPool | EventLoop]:
        return (self.threads, self.loop)


def _is_async(claim: ClaimedJob) -> bool:
    job_type = job_types.find(claim.type)
    return job_type is not None and job_type.is_async
