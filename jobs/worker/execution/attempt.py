"""An attempt that is running, how it can be interrupted, and which report of its outcome counts."""

import ctypes
import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import Span

from jobs.core.attempt_error import AttemptError, error_of
from jobs.core.claim import ClaimedJob
from jobs.core.clock import Clock
from jobs.core.errors import JobTimeout
from jobs.core.log_fields import attempt_fields
from jobs.core.outcome import CutOff, Failed
from jobs.core.secrets import NO_SECRETS
from jobs.worker.execution.effect_start import AttemptEffect

logger = logging.getLogger(__name__)


class Attempt:
    """One claim in one slot. `effect`: None before its handler is called.

    `span`: None where traces are off.
    """

    def __init__(self, claim: ClaimedJob, clock: Clock) -> None:
        self.claim = claim
        self.secrets = NO_SECRETS  # of its payload, as it was before the handler ran
        self.effect: AttemptEffect | None = None
        self.span: Span | None = None
        self.worker = ""  # its name, from when the handler is called
        self._clock = clock
        self._thread_id = threading.get_ident()
        self._lock = threading.Lock()
        self._timeout_seconds: float | None = None
        self._deadline: float | None = None
        self._interrupted = False
        self._outcome_is_claimed = False
        self._begun_at = clock.monotonic()
        self._moved_at: float | None = self._begun_at

    @contextmanager
    def in_handler(self) -> Iterator[None]:
        """The block is the handler, which may take as long as it likes."""
        self._moved_at = None
        try:
            yield
        finally:
            self._moved_at = self._clock.monotonic()

    def timed(self, error: AttemptError) -> AttemptError:
        """The error, with how long the attempt has had its slot."""
        return {**error, "seconds": round(self._clock.monotonic() - self._begun_at, 3)}

    def seconds_held_up(self) -> float:
        """For how long it has been in the worker's own code, which takes milliseconds."""
        moved_at = self._moved_at
        return 0.0 if moved_at is None else self._clock.monotonic() - moved_at

    def limit(self, timeout_seconds: float | None) -> None:
        """Its time begins to count: `timeout_seconds` from now, or without end if it is None."""
        with self._lock:
            self._timeout_seconds = timeout_seconds
            if timeout_seconds is not None:
                self._deadline = self._clock.monotonic() + timeout_seconds

    @contextmanager
    def interruptible(self, timeout_seconds: float | None) -> Iterator[None]:
        """The same; the block is interrupted by JobTimeout once `timeout_seconds` are over."""
        self.limit(timeout_seconds)
        self._moved_at = None
        try:
            yield
        finally:
            self._moved_at = self._clock.monotonic()
            with self._lock:
                self._deadline = None
                if self._interrupted:
                    _raise_in_thread(self._thread_id, None)  # takes back what is not raised yet

    def interrupt_if_overdue(self) -> bool:
        """Raises JobTimeout in the handler, once; True whenever it is overdue."""
        with self._lock:
            if self._deadline is None or self._clock.monotonic() < self._deadline:
                return False
            if not self._interrupted:
                self._interrupted = True
                _raise_in_thread(self._thread_id, JobTimeout)
            return True

    def seconds_overdue(self) -> float:
        """For how many seconds the handler has gone on after its time; 0 if it has not."""
        deadline = self._deadline
        return 0.0 if deadline is None else max(0.0, self._clock.monotonic() - deadline)

    def seconds_left(self) -> float | None:
        """How long the handler may still go on; None is without end."""
        deadline = self._deadline
        return None if deadline is None else max(0.0, deadline - self._clock.monotonic())

    @property
    def timeout_seconds(self) -> float | None:
        return self._timeout_seconds

    def claim_outcome(self) -> bool:
        """True exactly once: that caller reports the outcome."""
        with self._lock:
            is_first, self._outcome_is_claimed = not self._outcome_is_claimed, True
            return is_first

    def cut_off(self, error: AttemptError) -> CutOff | Failed:
        """The outcome where the worker interrupts the attempt, or gives it up.

        It has failed, and may be tried again, if its effect has not begun: then it cannot any more.
        """
        is_known = self.effect is not None and self.effect.forbid()
        timed = self.timed(error)
        return Failed(timed) if is_known else CutOff(timed)

    def cut_off_by(self, error: BaseException) -> CutOff | Failed:
        """The outcome where the worker's own code failed: what the handler did is unknown.

        What the exception says is not kept: it may quote values that must not be shown.
        """
        kind = type(error).__name__
        frames = "".join(traceback.format_tb(error.__traceback__))
        logger.error(
            "The worker failed around job %s: %s\n%s",
            self.claim.id,
            kind,
            frames,
            # lines: the frames, in which no client has a say
            extra=attempt_fields("job.mishandled", self.claim, error=kind, lines=True),
        )
        unknown = RuntimeError(f"the worker itself failed around this attempt: {kind}")
        return self.cut_off(error_of(unknown, str(self.claim.worker_id)))


def _raise_in_thread(thread_id: int, exception: type[BaseException] | None) -> None:
    """Asks CPython to raise `exception` in a thread at its next bytecode; None takes it back.

    C API `PyThreadState_SetAsyncExc`. A thread that is inside C code gets it on return.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread_id), ctypes.py_object(exception) if exception else None
    )
