"""The worker's right to work: its row, and how fresh the last heartbeat is."""

import threading

from jobs.clock import Clock
from jobs.models import Worker


class Lease:
    """Held while the last heartbeat is younger than the timeout and nobody declared us dead.

    Time goes on while a process is frozen, so that one that thaws knows at once.
    """

    def __init__(self, worker: Worker, timeout_seconds: float, clock: Clock) -> None:
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._worker = worker
        self._renewed = self._steady_since = clock.monotonic()

    @property
    def worker(self) -> Worker:
        """The row under which this process claims now."""
        return self._worker

    @property
    def is_held(self) -> bool:
        """Whether new work may be claimed and started."""
        return self._clock.monotonic() - self._renewed < self._timeout_seconds

    @property
    def steady_seconds(self) -> float:
        """For how long heartbeats have been written without a gap; 0 if there is one now.

        A gap of half the timeout is one: what silenced this worker so long may have silenced
        others for all of it.
        """
        now = self._clock.monotonic()
        return 0.0 if self._is_gap(now) else now - self._steady_since

    def renew(self, asked_at: float) -> None:
        """A heartbeat was written; it counts from the moment it was asked for."""
        with self._lock:
            if self._is_gap(now := self._clock.monotonic()):
                self._steady_since = now
            self._renewed = max(self._renewed, asked_at)

    def replace(self, worker: Worker, asked_at: float) -> None:
        """The former row was declared dead; the process goes on under a new one."""
        with self._lock:
            self._worker = worker
            self._renewed = asked_at
            self._steady_since = self._clock.monotonic()

    def _is_gap(self, now: float) -> bool:
        return now - self._renewed > self._timeout_seconds / 2
