"""What may be there for a worker's timers to do, asked in one statement for all of them."""

import json
import threading
import time
from datetime import datetime
from typing import NamedTuple

from jobs.core.conf import jobs_conf
from jobs.models.schedule_queryset import DECLARED_FOR_SECONDS
from jobs.services.limits.book import limit_book
from jobs.services.maintenance.rescue import LATELY_TIMEOUTS
from jobs.sql.statements import run

# What is asked for no timer's sake is known to all after this time at most.
KNOWN_SECONDS = 1.0


class Standing(NamedTuple):
    """What PostgreSQL said at one moment."""

    at: datetime  # by the database's clock
    paused_queues: frozenset[str]
    has_redrives: bool  # of which anything is left to do
    has_cancelled_batches: bool  # whose jobs may not all have been cancelled
    has_overdue_jobs: bool  # that were not started in time
    has_gone_workers: bool  # which have stopped lately, or may be silent
    has_dead_letter_counts: bool  # that may be folded, or a group that is muted
    seconds_to_schedule: float | None  # until the next one is due; None: none ever will be


class StandingWork:
    """What was said last; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._standing: Standing | None = None

    def read(self) -> Standing:
        """As it is now. The book of limits learns of it, too. Raises the database's errors."""
        asked_at, timeout_seconds = time.monotonic(), jobs_conf().worker_timeout_seconds
        [(at, paused_queues, *others, limits)] = run(
            "standing_work",
            stopped_for=LATELY_TIMEOUTS * timeout_seconds,
            silent_for=timeout_seconds,
            declared_for=DECLARED_FOR_SECONDS,
        )
        limit_book.learn(json.loads(limits))
        standing = Standing(at, frozenset(paused_queues), *others)
        self._standing, self._read_at = standing, asked_at
        return standing

    def known(self) -> Standing:
        """As it was `KNOWN_SECONDS` ago at most. Raises as `read` does."""
        return self.latest or self._read_once()

    @property
    def latest(self) -> Standing | None:
        """The same without a question; None if it was read longer ago."""
        return self._standing if self.age_seconds <= KNOWN_SECONDS else None

    @property
    def age_seconds(self) -> float:
        """How long ago it was read."""
        return time.monotonic() - self._read_at

    def _read_once(self) -> Standing:
        with self._lock:
            return self.latest or self.read()
