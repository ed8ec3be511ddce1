"""An outage of something we depend on: reported once, and its length when it ends."""

import logging
import random
import threading
import time

logger = logging.getLogger(__name__)

BACKOFF_FIRST_SECONDS = 0.1
BACKOFF_CAP_SECONDS = 5.0


class Outage:
    """What this process knows of one dependency; safe to share between threads."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._since: float | None = None
        self._next_try = 0.0
        self._backoff_seconds = BACKOFF_FIRST_SECONDS

    @property
    def is_on(self) -> bool:
        """Whether the last try failed."""
        return self._since is not None

    @property
    def seconds_to_next_try(self) -> float:
        """How long to leave it alone; 0 while all is well."""
        if self._since is None:
            return 0.0
        return max(0.0, self._next_try - time.monotonic())

    def failed(self, error: Exception) -> float:
        """Notes a failed try; returns the seconds to wait: capped and jittered."""
        with self._lock:
            if self._since is None:
                self._since = time.monotonic()
                logger.warning("%s is unavailable, trying again: %s", self._name, _brief(error))
            wait = self._backoff_seconds * (0.5 + random.random() / 2)  # noqa: S311
            self._backoff_seconds = min(self._backoff_seconds * 2, BACKOFF_CAP_SECONDS)
            self._next_try = time.monotonic() + wait
            return wait

    def ended(self) -> None:
        """Notes a try that succeeded."""
        if not self.is_on:
            return
        with self._lock:
            since, self._since = self._since, None
            self._backoff_seconds = BACKOFF_FIRST_SECONDS
        if since is not None:
            logger.warning("%s is back after %.1f s", self._name, time.monotonic() - since)


def _brief(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


broker_outage = Outage("Redis")
database_outage = Outage("PostgreSQL")
