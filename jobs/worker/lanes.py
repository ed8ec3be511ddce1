"""Claims go to threads, or, where the handler is `async def`, to the event loop."""

import threading
import time
from collections.abc import Iterable

from jobs.claim import ClaimedJob
from jobs.handlers.registry import job_types
from jobs.worker.event_loop import EventLoop
from jobs.worker.executor import Executor


class Lanes:
    """Both executors as one, for those who fetch and stop."""

    def __init__(self, threads: Executor, loop: EventLoop, changed: threading.Condition) -> None:
        self.threads = threads
        self.loop = loop
        self._changed = changed
        # What comes next is unknown before it is claimed; it is taken to resemble the last.
        self._in_use: list[Executor | EventLoop] = [threads]

    def start(self) -> None:
        self.threads.start()
        self.loop.start()

    def submit(self, claims: list[ClaimedJob]) -> None:
        on_loop = [claim for claim in claims if _is_async(claim)]
        on_threads = [claim for claim in claims if not _is_async(claim)] if on_loop else claims
        used: list[Executor | EventLoop] = []
        for lane, part in ((self.threads, on_threads), (self.loop, on_loop)):
            if part:
                lane.submit(part)
                used.append(lane)
        self._in_use = used or self._in_use

    def wait_for_room(self, timeout_seconds: float, *, look_ahead: bool) -> int:
        """Waits until more claims are welcome, or the time is over; returns how many are."""
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while True:
                room = min(lane.welcome(look_ahead=look_ahead) for lane in self._in_use)
                left = deadline - time.monotonic()
                if room > 0 or left <= 0:
                    return room
                self._changed.wait(left)

    def is_hoarding(self) -> bool:
        """Whether claims wait although nothing has begun for a while."""
        return any(lane.is_hoarding() for lane in self._lanes())

    @property
    def held(self) -> int:
        """How many claims wait or run."""
        return sum(lane.room.held for lane in self._lanes())

    @property
    def is_alive(self) -> bool:
        """Whether no thread has died of a mistake, and the event loop still answers."""
        return all(lane.is_alive for lane in self._lanes())

    @property
    def is_clogged(self) -> bool:
        """Whether half of a lane is taken by handlers that were given up and do not stop."""
        return any(lane.stuck >= max(1, lane.room.size // 2) for lane in self._lanes())

    @property
    def stuck(self) -> int:
        """How many handlers go on although they were given up."""
        return sum(lane.stuck for lane in self._lanes())

    def take_back(self) -> list[ClaimedJob]:
        """Claims that have not begun; they are the caller's again."""
        return [claim for lane in self._lanes() for claim in lane.take_back()]

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Waits until nothing runs; False if something still does when the time is over."""
        with self._changed:
            for lane in self._lanes():
                lane.room.wake_when_idle()
            return self._changed.wait_for(
                lambda: all(lane.room.held == 0 for lane in self._lanes()), timeout_seconds
            )

    def stop(self) -> None:
        for lane in self._lanes():
            lane.stop()

    def _lanes(self) -> Iterable[Executor | EventLoop]:
        return (self.threads, self.loop)


def _is_async(claim: ClaimedJob) -> bool:
    job_type = job_types.find(claim.type)
    return job_type is not None and job_type.is_async
