"""Writes outcomes until PostgreSQL decides, and finds the one that it does not take."""

import logging
from collections.abc import Callable
from dataclasses import replace

from django.db import connection

from jobs.core.attempt_error import error_of
from jobs.core.clock import Clock
from jobs.core.finished import Finished
from jobs.core.outage import database_outage
from jobs.core.outcome import CutOff, Failed, FailedForGood, Succeeded
from jobs.core.result import Result
from jobs.services.attempts import Recorded, jobs_record
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.not_written import log_not_written
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import is_contention

logger = logging.getLogger(__name__)

# If heartbeats still succeed after this many failures, the batch itself is at fault.
PATIENCE = 3
# SQLSTATE classes that are about the row itself: corrupted, or beyond a limit of PostgreSQL.
_OF_THE_ROW = ("XX", "54")

# These say nothing about the outcome, which is written later. The last two: no memory, or no file
# descriptor, is left, as handlers have taken all.
PASSING_ERRORS = (*DATABASE_ERRORS, MemoryError, OSError)

# Where a lock was met, the others must not wait for each lock again.
APART_LOCK_SECONDS = 0.1

# How often the writer asks whether another thread has found PostgreSQL well again.
TICK_SECONDS = 0.1


class Writer:
    """What the recorder asks of PostgreSQL; used from its thread alone."""

    def __init__(self, clock: Clock, beat: Callable[[], object]) -> None:
        """`beat`: writes something else; raises the database's errors."""
        self._clock = clock
        self._beat = beat
        self._failed_before = False

    @property
    def failed_before(self) -> bool:
        """Whether a try of this batch failed: it may have been committed, its reply lost."""
        return self._failed_before

    def write(self, batch: list[Finished], *, failed_before: bool = False) -> list[Recorded]:
        """Writes a batch in one transaction, and waits for as long as PostgreSQL is away.

        `failed_before`: whether a try of another kind has failed, and may have been committed.
        Raises what PostgreSQL says where some outcome of the batch is at fault, or needs what
        another transaction holds.
        """
        self._failed_before = failed_before
        return self._write(batch)

    def write_apart(self, batch: list[Finished]) -> list[Recorded]:
        """Writes outcomes that met another transaction; waits for no lock longer than 0.1 s.

        Raises what PostgreSQL says; then nothing was written, unless the reply was lost.
        """
        self._failed_before = False
        with short_transaction(lock_seconds=APART_LOCK_SECONDS):
            return jobs_record(finished=batch)

    def write_alone(self, one: Finished) -> list[Recorded]:
        """Writes one outcome of a batch that was at fault; as much of it as PostgreSQL takes.

        Returns nothing if it is beyond writing. Raises PASSING_ERRORS if it is to be written later:
        another transaction may hold the row.
        """
        for attempt in (one, *_plainer(one)):
            try:
                return self._write([attempt])
            except Exception as error:
                log_not_written(one.claim, error)
                if isinstance(error, PASSING_ERRORS) and not _is_about_the_row(error):
                    raise
        return []

    def _write(self, batch: list[Finished]) -> list[Recorded]:
        """Tries until PostgreSQL decides: repeating a write is safe, because it is fenced."""
        failures = 0
        while True:
            try:
                recorded = jobs_record(finished=batch)
            except DATABASE_ERRORS as error:
                if is_contention(error):
                    raise
                connection.close()
                self._failed_before = True
                failures += 1
                wait_seconds = database_outage.failed(error)
                if failures >= PATIENCE and self._database_answers():
                    raise
                self._wait_for_database(wait_seconds)
            except Exception:
                # No memory is left, for example: what it has left of the connection is unknown.
                connection.close()
                raise
            else:
                database_outage.ended()
                return recorded

    def _wait_for_database(self, seconds: float) -> None:
        """Waits that long, or until another thread has found PostgreSQL well again.

        Slots go on as soon as it is; what they have done must not wait to be written.
        """
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, TICK_SECONDS))
            if not database_outage.is_on:
                return

    def _database_answers(self) -> bool:
        """Whether PostgreSQL takes writes at all; a read-only one does not."""
        try:
            self._beat()
        except DATABASE_ERRORS:
            connection.close()
            return False
        return True


def _is_about_the_row(error: Exception) -> bool:
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return (state or "").startswith(_OF_THE_ROW)


def _plainer(one: Finished) -> list[Finished]:
    """The same outcome without its text; and the least that can be said."""
    error = error_of(RuntimeError("what happened could not be stored"), "")
    plain = [Finished(one.claim, CutOff(error))]
    if isinstance(one.outcome, Succeeded):
        note = Result(None, "not kept, because PostgreSQL does not take it")
        plain.insert(0, Finished(one.claim, replace(one.outcome, result=note)))
    if isinstance(one.outcome, Failed | FailedForGood | CutOff):
        plain.insert(0, Finished(one.claim, replace(one.outcome, error=error)))
    return plain
