"""Answers that cost something, for callers who may come at any rate."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from jobs.core.clock import Clock

Answer = TypeVar("Answer")


class AskedSeldom(Generic[Answer]):
    """Asks at most once in `seconds`; in between it says the same again. Safe between threads.

    Callers that come while it asks wait for that answer.
    """

    def __init__(self, clock: Clock, ask: Callable[[], Answer], seconds: float) -> None:
        self._clock = clock
        self._ask = ask
        self._seconds = seconds
        self._lock = threading.Lock()
        self._last: tuple[float, Answer] | None = None

    def now(self) -> Answer:
        """What was found out less than `seconds` ago. Raises what asking raises."""
        with self._lock:
            now = self._clock.monotonic()
            if self._last is None or now - self._last[0] >= self._seconds:
                answer = self._ask()
                self._last = self._clock.monotonic(), answer
            return self._last[1]

    def forget(self) -> None:
        """Asks anew the next time."""
        self._last = None
