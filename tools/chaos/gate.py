"""Decides when the next job may be submitted."""

import time
from contextlib import suppress

import psycopg

from tools.chaos.job_rows import JobRows

_REFRESH_SECONDS = 0.1


class Backlog:
    """Lets jobs through while fewer than `limit` are unfinished, so that the load goes on."""

    def __init__(self, rows: JobRows, client_id: int, limit: int) -> None:
        self._rows = rows
        self._client_id = client_id
        self._limit = limit
        self._final = 0
        self._refreshed_at = 0.0

    def __call__(self, submitted: int) -> bool:
        if submitted - self._final >= self._limit:
            self._refresh()
        return submitted - self._final < self._limit

    def _refresh(self) -> None:
        if time.monotonic() - self._refreshed_at < _REFRESH_SECONDS:
            return
        with suppress(psycopg.OperationalError):  # PostgreSQL is away: the last number still serves
            self._final = self._rows.progress(self._client_id, patience_seconds=0).final
        self._refreshed_at = time.monotonic()


class Rate:
    """Lets `per_second` jobs a second through."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._started = time.monotonic()

    def __call__(self, submitted: int) -> bool:
        return submitted < (time.monotonic() - self._started) * self._per_second


def everything(submitted: int) -> bool:
    """Lets all jobs through at once."""
    return True
