"""Writes outcomes in groups: what finishes during one commit goes into the next."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import replace

from django.db import connection

from jobs.core import kill_points
from jobs.core.attempt_error import error_of
from jobs.core.clock import Clock
from jobs.core.outage import database_outage
from jobs.core.outcome import CutOff, Failed, FailedForGood
from jobs.services.attempts import Finished, Recorded, jobs_record
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.sql.prepared import search_by_index
from jobs.worker.inflight import Inflight
from jobs.worker.recording.outcome_log import log_recorded, log_written_before

logger = logging.getLogger(__name__)

# Bounds a transaction; at full speed a batch is what 20 ms bring.
BATCH_LIMIT = 500

# If heartbeats still succeed after this many failures, the batch itself is at fault.
PATIENCE = 3
# SQLSTATE classes that are about the row itself: corrupted, or beyond a limit of PostgreSQL.
_OF_THE_ROW = ("XX", "54")

# How often the recorder asks whether another thread has found PostgreSQL well again.
TICK_SECONDS = 0.1

_NEVER = threading.Event()


class Recorder:
    """A thread that writes outcomes. It keeps what it could not write, and tries again."""

    def __init__(self, inflight: Inflight, clock: Clock, beat: Callable[[], object]) -> None:
        """`beat`: writes something else; raises the database's errors."""
        self._inflight = inflight
        self._clock = clock
        self._beat = beat
        self._tried_before = False
        self._writing_since: float | None = None
        self._finished: queue.SimpleQueue[Finished | None] = queue.SimpleQueue()
        self.count = 0
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def add(self, finished: Finished) -> None:
        """The outcome of an attempt, to be written."""
        self._finished.put(finished)

    @property
    def is_alive(self) -> bool:
        """False once the thread has ended, be it of a mistake."""
        return self._thread.is_alive()

    @property
    def seconds_behind(self) -> float:
        """For how long the batch at hand could not be written; 0 if there is none."""
        since = self._writing_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def stop(self, timeout_seconds: float) -> bool:
        """Writes what is left; False if the time is over before that."""
        self._finished.put(None)
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive() and self._finished.empty()

    def _work(self) -> None:
        search_by_index()
        try:
            more = True
            while more:
                batch, more = self._next_batch()
                if batch:
                    self._record(batch)
        finally:
            connection.close()

    def _next_batch(self) -> tuple[list[Finished], bool]:
        """What has finished by now, at least one; and whether more may come."""
        batch: list[Finished] = []
        one = self._finished.get()
        while one is not None:
            batch.append(one)
            if len(batch) == BATCH_LIMIT:
                break
            try:
                one = self._finished.get_nowait()
            except queue.Empty:
                break
        return batch, one is not None

    def _record(self, batch: list[Finished]) -> None:
        self._writing_since = self._clock.monotonic()
        try:
            self._record_batch(batch)
        finally:
            self._writing_since = None

    def _record_batch(self, batch: list[Finished]) -> None:
        kill_points.reached(kill_points.EFFECT_RECORD)
        self._tried_before = False
        try:
            recorded = self._write(batch)
        except Exception:  # noqa: BLE001 - whatever it is, the next step finds the outcome at fault
            for one in batch:
                self._record_alone(one)
        else:
            self._recorded(batch, recorded)

    def _record_alone(self, one: Finished) -> None:
        """One outcome that PostgreSQL does not take must not hold up the others.

        What is beyond writing is dropped: the fetcher finds an attempt that nothing here knows of.
        """
        recorded: list[Recorded] = []
        for attempt in (one, *_plainer(one)):
            try:
                recorded = self._write([attempt])
                break
            except Exception as error:
                logger.exception(
                    "The outcome of job %s could not be written",
                    one.claim.id,
                    extra={
                        "event": "outcome.not_written",
                        "job_id": str(one.claim.id),
                        "job_type": one.claim.type,
                        "attempt": one.claim.attempt,
                    },
                )
                if isinstance(error, DATABASE_ERRORS) and not _is_about_the_row(error):
                    self._finished.put(one)  # another transaction holds the row, say: later, then
                    return
        self._recorded([one], recorded)

    def _recorded(self, batch: list[Finished], recorded: list[Recorded]) -> None:
        self.count += len(batch)
        self._inflight.remove(one.claim for one in batch)
        for done in recorded:
            if self._tried_before and not done.written:
                log_written_before(done)
            else:
                log_recorded(done)

    def _write(self, batch: list[Finished]) -> list[Recorded]:
        """Tries until PostgreSQL decides: repeating a write is safe, because it is fenced."""
        failures = 0
        while True:
            try:
                recorded = jobs_record(finished=batch)
            except DATABASE_ERRORS as error:
                connection.close()
                self._tried_before = True
                failures += 1
                wait_seconds = database_outage.failed(error)
                if failures >= PATIENCE and self._database_answers():
                    raise
                self._wait_for_database(wait_seconds)
            else:
                database_outage.ended()
                return recorded

    def _wait_for_database(self, seconds: float) -> None:
        """Waits that long, or until another thread has found PostgreSQL well again.

        Slots go on as soon as it is; what they have done must not wait to be written.
        """
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            self._clock.wait(_NEVER, min(left, TICK_SECONDS))
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
    if isinstance(one.outcome, Failed | FailedForGood | CutOff):
        plain.insert(0, Finished(one.claim, replace(one.outcome, error=error)))
    return plain
