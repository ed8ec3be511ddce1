"""An outage of PostgreSQL or Redis: logged with each of its reasons, and its length when it ends.

There is one object for each server and process: what one part finds out spares the others a try.
"""

import logging
import random
import threading

from jobs.core.clock import Clock, SystemClock

logger = logging.getLogger(__name__)

BACKOFF_FIRST_SECONDS = 0.1
BACKOFF_CAP_SECONDS = 5.0

# What lasts may have another reason than it began with: sessions are ended by an administrator, and
# then the password is another one. In the first seconds errors of all kinds follow one another.
LATER_REASONS_SECONDS = 5.0
REASONS_MAX = 5


class Outage:
    """What this process knows of one server; safe to share between threads."""

    def __init__(self, name: str, noun: str, clock: Clock) -> None:
        """`name`: for people; `noun`: the first part of its events in the log."""
        self._name = name
        self._noun = noun
        self._clock = clock
        self._lock = threading.Lock()
        self._since: float | None = None
        self._reasons: set[str] = set()  # that were logged of this outage
        self._next_try = 0.0
        self._backoff_seconds = BACKOFF_FIRST_SECONDS

    @property
    def is_on(self) -> bool:
        """Whether the last try failed."""
        return self._since is not None

    @property
    def seconds_to_next_try(self) -> float:
        """For how many seconds the server should not be asked; 0 while all is well."""
        if self._since is None:
            return 0.0
        return max(0.0, self._next_try - self._clock.monotonic())

    def failed(self, error: Exception) -> float:
        """Notes a failed try; returns the seconds to wait until the next one.

        They double from 0.1 to 5, and a random part of up to half is taken off.
        """
        with self._lock:
            self._log(first_line(error))
            wait = self._backoff_seconds * (0.5 + random.random() / 2)  # noqa: S311
            self._backoff_seconds = min(self._backoff_seconds * 2, BACKOFF_CAP_SECONDS)
            self._next_try = self._clock.monotonic() + wait
            return wait

    def ended(self) -> None:
        """Notes a try that succeeded."""
        if not self.is_on:
            return
        with self._lock:
            since, self._since = self._since, None
            self._reasons.clear()
            self._backoff_seconds = BACKOFF_FIRST_SECONDS
        if since is not None:
            seconds = self._clock.monotonic() - since
            logger.warning(
                "%s is back after %.1f s",
                self._name,
                seconds,
                extra={"event": f"{self._noun}.recovered", "seconds": round(seconds, 1)},
            )

    def _log(self, reason: str) -> None:
        now = self._clock.monotonic()
        if self._since is None:
            self._since = now
            logger.warning(
                "%s is unavailable, trying again: %s",
                self._name,
                reason,
                extra={"event": f"{self._noun}.unavailable"},
            )
        elif self._is_news(reason, now - self._since):
            logger.warning(
                "%s is still unavailable: %s",
                self._name,
                reason,
                extra={"event": f"{self._noun}.still_unavailable"},
            )
        else:
            return
        self._reasons.add(reason)

    def _is_news(self, reason: str, seconds: float) -> bool:
        if seconds < LATER_REASONS_SECONDS or len(self._reasons) >= REASONS_MAX:
            return False
        return reason not in self._reasons


def first_line(error: Exception) -> str:
    """What an error says, without the lines that explain it."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


broker_outage = Outage("Redis", "broker", SystemClock())
database_outage = Outage("PostgreSQL", "database", SystemClock())
