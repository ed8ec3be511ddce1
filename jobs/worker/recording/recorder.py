"""Records outcomes in groups: what finishes during one commit goes into the next."""

import queue
import threading
from collections.abc import Callable

from django.db import connection

from jobs.core import kill_points
from jobs.core.clock import Clock
from jobs.core.finished import Finished
from jobs.core.retry import SUCCEED
from jobs.services.attempts import Recorded
from jobs.sql.contention import is_contention
from jobs.sql.own_session import own_sessions
from jobs.sql.prepared import search_by_index
from jobs.worker.counts import Counts
from jobs.worker.fetching.past_redis import PastRedis
from jobs.worker.inflight import Inflight
from jobs.worker.recording.hand_over import HandOver
from jobs.worker.recording.outcome_log import log_batch, log_held_up, log_not_handed_over
from jobs.worker.recording.write_watch import WriteWatch
from jobs.worker.recording.writer import PASSING_ERRORS, Writer

# Bounds a transaction; at full speed a batch is what 20 ms bring.
BATCH_LIMIT = 500
# For so long outcomes are written one by one, where another transaction holds some of their rows,
# before those that have finished meanwhile get their turn.
ALONE_SECONDS = 1.0
# After so long at least, what met a lock is tried again.
KEPT_SECONDS = 0.5


class Recorder:
    """A thread that writes outcomes. It keeps what it could not write, and tries again."""

    def __init__(
        self,
        inflight: Inflight,
        clock: Clock,
        beat: Callable[[], object],
        counts: Counts | None = None,
    ) -> None:
        """`beat`: writes something else; raises the database's errors."""
        self._inflight = inflight
        self._counts = counts or Counts()
        self._clock = clock
        self._writer = Writer(clock, beat)
        self._hand_over: HandOver | None = None
        self._watch = WriteWatch(clock, self._counts)
        self._finished: queue.SimpleQueue[Finished | None] = queue.SimpleQueue()
        self._kept: list[Finished] = []  # it could not be written, and is tried again
        self._kept_until = 0.0
        self.count = 0
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)

    def hand_over_to(self, past_redis: PastRedis) -> None:
        """Jobs that get the slots of what was recorded may run in this worker at once."""
        self._hand_over = HandOver(past_redis, self._inflight, self._clock)

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
        return self._watch.seconds

    def stop(self, timeout_seconds: float) -> bool:
        """Writes what is left; False if the time is over before that."""
        self._finished.put(None)
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive() and self._finished.empty()

    def _work(self) -> None:
        own_sessions()
        search_by_index()
        try:
            more = True
            while more:
                batch, more = self._next_batch()
                if batch:
                    self._record(batch)
                if self._kept and (not batch or self._clock.monotonic() >= self._kept_until):
                    self._record_kept()
            while self._kept:
                self._clock.sleep(KEPT_SECONDS)
                self._record_kept()
        finally:
            connection.close()

    def _next_batch(self) -> tuple[list[Finished], bool]:
        """What has finished by now, and whether more may come.

        Waits for one outcome at least, but no longer than until those that are kept are due.
        """
        batch: list[Finished] = []
        try:
            one = self._finished.get(timeout=self._seconds_to_kept())
        except queue.Empty:
            return [], True
        begun_at = self._clock.monotonic()
        while one is not None:
            batch.append(one)
            if len(batch) == BATCH_LIMIT:
                break
            try:
                one = self._next(one, begun_at)
            except queue.Empty:
                break
        return batch, one is not None

    def _next(self, last: Finished, begun_at: float) -> Finished | None:
        """What has finished, too, or is about to; raises `queue.Empty` if that is nothing."""
        try:
            return self._finished.get_nowait()
        except queue.Empty:
            if self._hand_over is None:
                raise
        waited = self._clock.monotonic() - begun_at
        seconds = self._hand_over.seconds_to_wait(last, waited)
        return self._finished.get(timeout=seconds) if seconds else self._finished.get_nowait()

    def _record(self, batch: list[Finished]) -> None:
        with self._watch.writing(batch):
            self._record_batch(batch)

    def _seconds_to_kept(self) -> float | None:
        if not self._kept:
            return None
        return max(0.0, self._kept_until - self._clock.monotonic())

    def _record_batch(self, batch: list[Finished]) -> None:
        kill_points.reached(kill_points.EFFECT_RECORD)
        failed_before = False
        if self._hand_over is not None and any(one.claim.limits for one in batch):
            try:
                batch = self._without(batch, self._hand_over.write(batch))
            except Exception as error:  # noqa: BLE001 - what is at fault is found below
                failed_before = not is_contention(error)
                if failed_before:
                    log_not_handed_over(batch, error)
                    connection.close()
        if batch:
            self._record_left(batch, failed_before=failed_before)

    def _without(self, batch: list[Finished], handed_over: list[Finished]) -> list[Finished]:
        """These outcomes were written, and their slots handed over; returns those that are left."""
        self._recorded(handed_over, [Recorded(one, SUCCEED, True) for one in handed_over])
        written = {one.claim.id for one in handed_over}
        return [one for one in batch if one.claim.id not in written]

    def _record_left(self, batch: list[Finished], *, failed_before: bool) -> None:
        try:
            recorded = self._writer.write(batch, failed_before=failed_before)
        except Exception as error:  # noqa: BLE001 - the next step finds the outcome at fault
            if is_contention(error):
                log_held_up(batch, error)
                self._record_apart(batch)
                return
            for one in batch:
                self._record_alone(one)
        else:
            self._recorded(batch, recorded)

    def _record_kept(self) -> None:
        kept, self._kept = self._kept[:BATCH_LIMIT], self._kept[BATCH_LIMIT:]
        begun_at = self._clock.monotonic()
        with self._watch.writing(kept):
            self._record_apart(kept)
        # Other outcomes get two thirds of the time at least.
        took = self._clock.monotonic() - begun_at
        self._kept_until = self._clock.monotonic() + max(KEPT_SECONDS, 2 * took)

    def _record_apart(self, batch: list[Finished]) -> None:
        """One by one, so that a lock holds up only the outcomes that need it; these are kept."""
        if len(batch) > 1 and self._is_recorded_apart(batch):
            return
        until = self._clock.monotonic() + ALONE_SECONDS
        untried, met_a_lock = list(reversed(batch)), []
        while untried and self._clock.monotonic() <= until:
            one = untried.pop()
            if not self._is_recorded_apart([one]):
                met_a_lock.append(one)
        # What was not tried comes first the next time.
        self._kept = untried[::-1] + self._kept + met_a_lock

    def _is_recorded_apart(self, batch: list[Finished]) -> bool:
        """False if another transaction holds what these need: then nothing was written."""
        try:
            recorded = self._writer.write_apart(batch)
        except Exception as error:  # noqa: BLE001 - as in `_record_batch`
            if is_contention(error):
                return False
            for one in batch:
                self._record_alone(one)
        else:
            self._recorded(batch, recorded)
        return True

    def _record_alone(self, one: Finished) -> None:
        """One outcome that PostgreSQL does not take must not hold up the others.

        What is beyond writing is dropped here: the fetcher gives back attempts that only the
        database knows of.
        """
        try:
            recorded = self._writer.write_alone(one)
        except PASSING_ERRORS:
            self._kept.append(one)
        else:
            self._recorded([one], recorded)

    def _recorded(self, batch: list[Finished], recorded: list[Recorded]) -> None:
        self.count += len(batch)
        self._inflight.remove(one.claim for one in batch)
        self._counts.recorded(recorded)
        log_batch(recorded, failed_before=self._writer.failed_before)
