"""Group commit: what finished while the last commit was in flight goes into the next."""

import logging
import queue
import threading
from dataclasses import replace

from django.db import connection

from jobs import kill_points
from jobs.attempt_error import error_of
from jobs.clock import Clock
from jobs.outage import ledger_outage
from jobs.outcome import CutOff, Failed, FailedForGood
from jobs.services.ledger import LEDGER_ERRORS
from jobs.services.lifecycle import Finished, Recorded, jobs_record
from jobs.worker import report
from jobs.worker.inflight import Inflight

logger = logging.getLogger(__name__)

# Bounds a transaction; at full speed a batch is what 20 ms bring.
BATCH_LIMIT = 500

_NEVER = threading.Event()


class Recorder:
    """A thread that writes outcomes. It keeps what it could not write, and tries again."""

    def __init__(self, inflight: Inflight, clock: Clock) -> None:
        self._inflight = inflight
        self._clock = clock
        self._finished: queue.SimpleQueue[Finished | None] = queue.SimpleQueue()
        self.count = 0
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def add(self, finished: Finished) -> None:
        self._finished.put(finished)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self, timeout_seconds: float) -> bool:
        """Writes what is left; False if the time is over before that."""
        self._finished.put(None)
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
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
        kill_points.reached(kill_points.EFFECT_RECORD)
        try:
            recorded = self._write(batch)
        except Exception:  # noqa: BLE001 - whatever it is, the next step names the culprit
            recorded = [done for one in batch for done in self._write_alone(one)]
        self.count += len(batch)
        self._inflight.remove(one.claim for one in batch)
        for done in recorded:
            report.recorded(done)

    def _write(self, batch: list[Finished]) -> list[Recorded]:
        """A write that fails for want of a database is tried until it is decided: it is fenced."""
        while True:
            try:
                recorded = jobs_record(finished=batch)
            except LEDGER_ERRORS as error:
                connection.close()
                self._clock.wait(_NEVER, ledger_outage.failed(error))
            else:
                ledger_outage.ended()
                return recorded

    def _write_alone(self, one: Finished) -> list[Recorded]:
        """One outcome that the ledger does not take must not hold up the others."""
        for attempt in (one, *_plainer(one)):
            try:
                return self._write([attempt])
            except Exception:
                logger.exception("The outcome of job %s could not be written", one.claim.id)
        return []


def _plainer(one: Finished) -> list[Finished]:
    """The same outcome without its text; and the least that can be said."""
    error = error_of(RuntimeError("what happened could not be stored"), "")
    plain = [Finished(one.claim, CutOff(error))]
    if isinstance(one.outcome, Failed | FailedForGood | CutOff):
        plain.insert(0, Finished(one.claim, replace(one.outcome, error=error)))
    return plain
