"""Records outcomes in groups: what finishes during one commit goes into the next."""

import queue
import threading
from collections.abc import Callable

from django.db import connection

from jobs.core import kill_points
from jobs.core.clock import Clock
from jobs.services.attempts import Finished, Recorded
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.sql.prepared import search_by_index
from jobs.worker.inflight import Inflight
from jobs.worker.recording.outcome_log import log_recorded, log_written_before
from jobs.worker.recording.writer import Writer

# Bounds a transaction; at full speed a batch is what 20 ms bring.
BATCH_LIMIT = 500


class Recorder:
    """A thread that writes outcomes. It keeps what it could not write, and tries again."""

    def __init__(self, inflight: Inflight, clock: Clock, beat: Callable[[], object]) -> None:
        """`beat`: writes something else; raises the database's errors."""
        self._inflight = inflight
        self._clock = clock
        self._writer = Writer(clock, beat)
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
        """False once the thread has ended, also of a bug."""
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
        try:
            recorded = self._writer.write(batch)
        except Exception:  # noqa: BLE001 - whatever it is, the next step finds the outcome at fault
            for one in batch:
                self._record_alone(one)
        else:
            self._recorded(batch, recorded)

    def _record_alone(self, one: Finished) -> None:
        """One outcome that PostgreSQL does not take must not hold up the others.

        What is beyond writing is dropped here: the fetcher gives back attempts that only the
        database knows of.
        """
        try:
            recorded = self._writer.write_alone(one)
        except DATABASE_ERRORS:
            self._finished.put(one)  # to be written later
        else:
            self._recorded([one], recorded)

    def _recorded(self, batch: list[Finished], recorded: list[Recorded]) -> None:
        self.count += len(batch)
        self._inflight.remove(one.claim for one in batch)
        for done in recorded:
            if self._writer.failed_before and not done.written:
                log_written_before(done)
            else:
                log_recorded(done)
