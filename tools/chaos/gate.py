"""How much of the load is let through."""

import time
from contextlib import suppress

import psycopg

from tools.chaos.ledger import Ledger

_LOOK_SECONDS = 0.1


class Backlog:
    """Lets jobs through while fewer than `limit` are unfinished, so that load lasts all along."""

    def __init__(self, ledger: Ledger, client_id: int, limit: int) -> None:
        self._database = ledger
        self._client_id = client_id
        self._limit = limit
        self._final = 0
        self._looked_at = 0.0

    def __call__(self, submitted: int) -> bool:
        if submitted - self._final >= self._limit:
            self._look()
        return submitted - self._final < self._limit

    def _look(self) -> None:
        if time.monotonic() - self._looked_at < _LOOK_SECONDS:
            return
        with suppress(psycopg.OperationalError):  # PostgreSQL is away: as before
            self._final = self._database.progress(self._client_id, patience_seconds=0).final
        self._looked_at = time.monotonic()


class Rate:
    """Lets so many jobs a second through."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._started = time.monotonic()

    def __call__(self, submitted: int) -> bool:
        return submitted < (time.monotonic() - self._started) * self._per_second


def everything(submitted: int) -> bool:
    """Lets all jobs through at once."""
    return True
