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
        self._renewed = clock.monotonic()

    @property
    def worker(self) -> Worker:
        """The row under which this process claims now."""
        return self._worker

    @property
    def is_held(self) -> bool:
        """Whether new work may be claimed and started."""
        return self._clock.monotonic() - self._renewed < self._timeout_seconds

    def renew(self, asked_at: float) -> None:
        """A heartbeat was written; it counts from the moment it was asked for."""
        with self._lock:
            self._renewed = max(self._renewed, asked_at)

    def replace(self, worker: Worker, asked_at: float) -> None:
        """The former row was declared dead; the process goes on under a new one."""
        with self._lock:
            self._worker = worker
            self._renewed = asked_at
