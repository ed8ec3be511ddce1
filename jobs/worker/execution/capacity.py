"""How many claims a pool holds, and how many more it takes."""

import threading

from jobs.core.clock import Clock
from jobs.worker.execution.look_ahead import LookAhead

# The look-ahead was wrong if no claim could begin for this long: other workers may be idle.
STALL_SECONDS = 1.0


class Capacity:
    """The count of one pool; `changed` wakes the fetcher, which waits for any of the pools."""

    def __init__(self, size: int, changed: threading.Condition, clock: Clock) -> None:
        """`size`: how many claims run at a time."""
        self.size = size
        self.clock = clock
        self._changed = changed
        self._look_ahead = LookAhead(size)
        self._held = 0
        self._wake_below = 0
        self._last_begun_at = self.clock.monotonic()

    @property
    def held(self) -> int:
        """How many claims wait or run."""
        return self._held

    def take(self, count: int) -> None:
        """This many claims come in."""
        with self._changed:
            if self._held < self.size:
                self._last_begun_at = self.clock.monotonic()  # a free slot begins one of these now
            self._held += count

    def release(self, count: int) -> None:
        """This many claims are gone."""
        with self._changed:
            self._held -= count
            if self._held < self._wake_below:
                self._changed.notify_all()

    def begun(self) -> float:
        """A claim begins; returns the moment, for `ended`."""
        self._last_begun_at = self.clock.monotonic()
        return self._last_begun_at

    def ended(self, begun_at: float) -> float:
        """A claim that began at that moment has ended; returns the seconds since."""
        seconds = self.clock.monotonic() - begun_at
        self._look_ahead.ran(seconds)
        return seconds

    def free(self, *, look_ahead: bool) -> int:
        """How many more claims; to be called with `changed` held.

        With look-ahead, accept nothing until half is used, so that batches stay large.
        """
        ahead = self._look_ahead.claims() if look_ahead else 0
        limit = self.size + ahead
        self._wake_below = limit - ahead // 2
        return limit - self._held if self._held < self._wake_below else 0

    def wake_when_idle(self) -> None:
        """Wakes waiters when the last claim is gone."""
        self._wake_below = 1

    def seconds_to_idle(self) -> float:
        """How soon the claims that are held will have ended, by the running mean."""
        return self._look_ahead.seconds_for(self._held) if self._held else 0.0

    def is_stalled(self) -> bool:
        """Whether claims wait although no slot has come free for a while."""
        waited = self.clock.monotonic() - self._last_begun_at
        return self._held > self.size and waited > STALL_SECONDS
