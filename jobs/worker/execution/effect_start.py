"""The moment from which it is unknown what an attempt has done, where its handler says it."""

import threading

from jobs.core import kill_points
from jobs.core.claim import ClaimedJob, Start
from jobs.core.errors import LeaseLost, StartNotWritten
from jobs.worker.recording.start_writer import StartWriter


class AttemptEffect:
    """The effect of one attempt; what the handler's `JobContext` writes its start with.

    A caller that gives an attempt up asks `forbid` first: a handler that goes on cannot begin its
    effect any more, so that the job may run again.
    """

    def __init__(self, claim: ClaimedJob, starts: StartWriter, *, is_announced: bool) -> None:
        """`is_announced`: whether the type says that its handler calls `effect_begins`."""
        self._claim = claim
        self._starts = starts
        self._is_announced = is_announced
        self._lock = threading.Lock()
        self._has_begun = False
        self._is_forbidden = False

    def begin(self) -> None:
        if self._must_write():
            try:
                written = self._starts.write(Start(self._claim))
            except Exception as error:
                raise self._not_written(error) from error
            self._begun(written)

    async def abegin(self) -> None:
        if self._must_write():
            try:
                written = await self._starts.awrite(Start(self._claim))
            except Exception as error:
                raise self._not_written(error) from error
            self._begun(written)

    def forbid(self) -> bool:
        """Whether it is known that the effect has not begun; from now on it cannot."""
        with self._lock:
            if self._is_announced and not self._has_begun:
                self._is_forbidden = True
            return self._is_forbidden

    def _must_write(self) -> bool:
        with self._lock:
            if self._is_forbidden:
                raise self._lost()
            if self._has_begun:
                return False
        kill_points.reached(kill_points.BEFORE_EFFECT)
        return True

    def _begun(self, written: bool) -> None:
        kill_points.reached(kill_points.EFFECT_BEGUN)
        with self._lock:
            if self._is_forbidden or not written:
                self._is_forbidden = True
                raise self._lost()
            self._has_begun = True

    def _lost(self) -> LeaseLost:
        return LeaseLost(f"job {self._claim.id}, attempt {self._claim.attempt} was taken away")

    def _not_written(self, error: Exception) -> StartNotWritten:
        return StartNotWritten(f"the start of job {self._claim.id} could not be written: {error}")
