"""Claims go to threads, or, where the handler is `async def`, to the event loop."""

import threading
from collections.abc import Collection, Sequence

from jobs.core.claim import ClaimedJob
from jobs.core.clock import Clock
from jobs.handlers.registry import job_types
from jobs.worker.execution.event_loop import EventLoop
from jobs.worker.execution.pool import Pool
from jobs.worker.execution.thread_pool import ThreadPool


class Pools:
    """Both pools as one, for the fetcher and for the stop."""

    def __init__(
        self, threads: ThreadPool, loop: EventLoop, changed: threading.Condition, clock: Clock
    ) -> None:
        """`changed`: the condition of the capacities of both."""
        self.threads = threads
        self.loop = loop
        self._changed = changed
        self._clock = clock
        self._both: Sequence[Pool] = (threads, loop)
        # The type of a job is unknown before it is claimed; the next ones are taken to resemble
        # the last.
        self._in_use: Sequence[Pool] = [threads]

    def start(self) -> None:
        """Starts the threads of both."""
        for pool in self._both:
            pool.start()

    def submit(self, claims: list[ClaimedJob]) -> None:
        """Hands each claim to the pool that runs its handler."""
        on_loop = [claim for claim in claims if _is_async(claim)]
        on_threads = [claim for claim in claims if not _is_async(claim)] if on_loop else claims
        used: list[Pool] = []
        for pool, part in ((self.threads, on_threads), (self.loop, on_loop)):
            if part:
                pool.submit(part)
                used.append(pool)
        self._in_use = used or self._in_use

    def wait_for_capacity(self, timeout_seconds: float, *, look_ahead: bool) -> int:
        """Waits until the pools take more claims, or the time is over; returns how many."""
        deadline = self._clock.monotonic() + timeout_seconds
        with self._changed:
            while True:
                free = min(pool.free_capacity(look_ahead=look_ahead) for pool in self._in_use)
                left = deadline - self._clock.monotonic()
                if free > 0 or left <= 0:
                    return free
                self._changed.wait(left)

    def is_stalled(self) -> bool:
        """Whether claims wait although none has begun for a while."""
        return any(pool.is_stalled() for pool in self._both)

    def seconds_to_idle(self) -> float:
        """How soon every claim will have ended, by the running mean of handler times."""
        return max(pool.capacity.seconds_to_idle() for pool in self._both)

    @property
    def held(self) -> int:
        """How many claims wait or run."""
        return sum(pool.capacity.held for pool in self._both)

    @property
    def is_alive(self) -> bool:
        """False once a thread of a pool has died of a bug, or the event loop does not answer."""
        return all(pool.is_alive for pool in self._both)

    @property
    def is_clogged(self) -> bool:
        """Whether half of a pool is taken by handlers that were given up and do not stop."""
        return any(pool.stuck >= max(1, pool.capacity.size // 2) for pool in self._both)

    @property
    def stuck(self) -> int:
        """How many handlers go on although their attempts were given up."""
        return sum(pool.stuck for pool in self._both)

    def take_back(self, queues: Collection[str] | None = None) -> list[ClaimedJob]:
        """The claims of these queues, or of all, that have not begun: the caller's again."""
        return [claim for pool in self._both for claim in pool.take_back(queues)]

    def seconds_held_up(self) -> float:
        """For how long the slot that moves least has been in the worker's own code."""
        running = [attempt for pool in self._both for attempt in pool.running()]
        return max((attempt.seconds_held_up() for attempt in running), default=0.0)

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Waits until nothing runs; False if something still does when the time is over."""
        with self._changed:
            return self._changed.wait_for(
                lambda: all(pool.capacity.is_idle() for pool in self._both), timeout_seconds
            )

    def stop(self) -> None:
        """Ends idle threads. Handlers that still run are not waited for."""
        for pool in self._both:
            pool.stop()


def _is_async(claim: ClaimedJob) -> bool:
    job_type = job_types.find(claim.type)
    return job_type is not None and job_type.is_async
