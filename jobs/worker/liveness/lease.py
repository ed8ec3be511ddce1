"""The worker's right to work: its row, and how fresh the last heartbeat is."""

import threading
from datetime import datetime

from jobs.core.clock import Clock
from jobs.models import Worker


class Lease:
    """Held while the last heartbeat is younger than the timeout and the row is not closed.

    The clock goes on while a process is frozen, so that one that thaws knows at once.
    """

    def __init__(self, worker: Worker, timeout_seconds: float, clock: Clock) -> None:
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._worker = worker
        self._renewed = self._steady_since = clock.monotonic()
        self._heard_at: datetime | None = None

    @property
    def worker(self) -> Worker:
        """The row under which this process claims now."""
        return self._worker

    @property
    def is_held(self) -> bool:
        """Whether new work may be claimed and started."""
        return self._clock.monotonic() - self._renewed < self._timeout_seconds

    def steadily_heard_at(self, seconds: float) -> datetime | None:
        """When this worker was last heard, by the database's clock.

        None unless heartbeats have been written for this many `seconds` without a gap, by this
        process's clock and by the database's. Half the timeout counts as a gap: what silenced this
        worker for that long may have silenced others for the whole timeout.
        """
        with self._lock:
            is_steady = self._renewed - self._steady_since >= seconds
            return self._heard_at if is_steady and not self._is_gap() else None

    def renew(self, asked_at: float, heard_at: datetime) -> None:
        """A heartbeat was written. It counts from `asked_at`, by this process's clock.

        `heard_at`: the same moment by the database's clock.
        """
        with self._lock:
            if self._is_gap() or self._is_leap(heard_at):
                self._steady_since = self._clock.monotonic()
            self._renewed = max(self._renewed, asked_at)
            self._heard_at = heard_at

    def replace(self, worker: Worker, asked_at: float) -> None:
        """The former row was declared dead; the process goes on under a new one."""
        with self._lock:
            self._worker = worker
            self._renewed = asked_at
            self._steady_since = self._clock.monotonic()
            self._heard_at = None

    def _is_gap(self) -> bool:
        return self._clock.monotonic() - self._renewed > self._timeout_seconds / 2

    def _is_leap(self, heard_at: datetime) -> bool:
        """Whether the database's clock was set, or the machine under both processes had stopped."""
        former = self._heard_at or heard_at
        return abs((heard_at - former).total_seconds()) > self._timeout_seconds / 2
