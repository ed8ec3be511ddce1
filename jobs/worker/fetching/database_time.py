"""How long the fetch loop has waited for PostgreSQL, which is not the same as being stuck."""

from collections.abc import Iterator
from contextlib import contextmanager

from jobs.core.clock import Clock


class DatabaseTime:
    """Seconds since `start_tick`. One thread measures, another one may read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked_at: float | None = None
        self._waited = 0.0

    def start_tick(self) -> None:
        """From here on counting starts at 0."""
        self._waited = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """The block asks PostgreSQL, which may have frozen."""
        self._asked_at = asked_at = self._clock.monotonic()
        try:
            yield
        finally:
            self._waited += self._clock.monotonic() - asked_at
            self._asked_at = None

    def seconds(self) -> float:
        """What was waited in this tick, the question that is under way included."""
        asked_at = self._asked_at
        waiting = 0.0 if asked_at is None else self._clock.monotonic() - asked_at
        return self._waited + waiting
