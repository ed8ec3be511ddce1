"""What may be there for a worker's timers to do, asked in one statement for all of them."""

import json
import threading
import time
from typing import NamedTuple

from jobs.services.limits.book import limit_book
from jobs.sql.statements import run

# What is asked for no timer's sake is known to all after this time at most.
KNOWN_SECONDS = 0.5


class Standing(NamedTuple):
    """What PostgreSQL said at one moment."""

    paused_queues: frozenset[str]
    has_redrives: bool  # of which anything is left to do
    has_cancelled_batches: bool  # whose jobs may not all have been cancelled
    has_overdue_jobs: bool  # that were not started in time


class StandingWork:
    """What was said last; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._standing = Standing(frozenset(), False, False, False)

    def read(self) -> Standing:
        """As it is now. The book of limits learns of it, too. Raises the database's errors."""
        asked_at = time.monotonic()
        [(paused_queues, *flags, limits)] = run("standing_work")
        limit_book.learn(json.loads(limits))
        self._standing, self._read_at = Standing(frozenset(paused_queues), *flags), asked_at
        return self._standing

    def known(self) -> Standing:
        """As it was `KNOWN_SECONDS` ago at most. Raises as `read` does."""
        if self._is_old():
            with self._lock:
                if self._is_old():
                    return self.read()
        return self._standing

    def _is_old(self) -> bool:
        return time.monotonic() - self._read_at > KNOWN_SECONDS
