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
        self._taken = 0
        # One element for each that is gone since the last `take`: adding to a list needs no lock,
        # for which ten threads with empty jobs waited 10 % of a worker's time.
        self._gone: list[None] = []
        self._wake_below = 0
        self._last_begun_at = self.clock.monotonic()

    @property
    def held(self) -> int:
        """How many claims wait or run."""
        return self._taken - len(self._gone)

    def take(self, count: int) -> None:
        """This many claims come in."""
        with self._changed:
            if self.held < self.size:
                self._last_begun_at = self.clock.monotonic()  # a free slot begins one of these now
            # In this order: in between, too few seem to be held, and a wake too many is no harm.
            self._taken += count - (gone := len(self._gone))
            del self._gone[:gone]

    def release(self, count: int = 1) -> None:
        """This many claims are gone."""
        self._gone.extend([None] * count)
        if self.held < self._wake_below:
            self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._wake_below = 0  # once is enough: who goes on waiting says anew for what
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
        # Before the claims are counted: one that is gone in between is seen here, or wakes.
        self._wake_below = wake_below = limit - ahead // 2
        held = self.held
        return limit - held if held < wake_below else 0

    def is_idle(self) -> bool:
        """Whether no claim is left; if not, the end of the last one wakes waiters."""
        self._wake_below = max(self._wake_below, 1)
        return self.held == 0

    def seconds_to_idle(self) -> float:
        """How soon the claims that are held will have ended, by the running mean."""
        held = self.held
        return self._look_ahead.seconds_for(held) if held else 0.0

    def is_stalled(self) -> bool:
        """Whether claims wait although no slot has come free for a while."""
        waited = self.clock.monotonic() - self._last_begun_at
        return self.held > self.size and waited > STALL_SECONDS
