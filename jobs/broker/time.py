"""The clock of Redis, read without asking Redis each time."""

from collections.abc import Callable

from jobs.core.clock import Clock

# So often Redis is asked: a clock that is set, or a server that takes over, is noticed after this.
ASK_SECONDS = 5.0


class RedisTime:
    """What the clock of Redis says, by our own clock and the difference that was found last."""

    def __init__(self, ask: Callable[[], tuple[int, int]], clock: Clock) -> None:
        """`ask`: returns the seconds since 1970 and the microseconds, as TIME does."""
        self._ask = ask
        self._clock = clock
        self._asked_at: float | None = None
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970; raises what `ask` raises."""
        now = self._clock.monotonic()
        if self._asked_at is None or now - self._asked_at >= ASK_SECONDS:
            seconds, microseconds = self._ask()
            self._ahead = seconds + microseconds / 1_000_000 - now
            self._asked_at = now
        return now + self._ahead
