"""What the thread pool and the event loop share: how an attempt ends, or is given up."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection

from jobs.core.claim import ClaimedJob
from jobs.core.finished import Finished
from jobs.core.outcome import Outcome, Succeeded
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.capacity import Capacity

GiveUp = Callable[[Attempt], Outcome]
"""The outcome of an attempt whose handler does not stop."""

Report = Callable[[Finished], None]
"""Where outcomes go: the recorder."""


def is_of(claim: ClaimedJob, queues: Collection[str] | None) -> bool:
    """Whether the claim's job is in one of these queues; None stands for all of them."""
    return queues is None or claim.queue in queues


class Pool(ABC):
    """Runs claims, a limited number at a time, and reports the outcome of each exactly once.

    `stuck` counts handlers that go on although their attempt was given up.
    """

    def __init__(self, capacity: Capacity, give_up: GiveUp, report: Report) -> None:
        self.capacity = capacity
        self.stuck = 0
        self._outcome_of_stuck = give_up
        self._report = report
        self._lock = threading.Lock()

    @abstractmethod
    def running(self) -> list[Attempt]:
        """The attempts that have begun and not ended; for other threads."""

    @abstractmethod
    def start(self) -> None:
        """Starts its threads."""

    @abstractmethod
    def submit(self, claims: list[ClaimedJob]) -> None:
        """Takes claims, which run as soon as there is a free slot."""

    @abstractmethod
    def take_back(self, queues: Collection[str] | None = None) -> list[ClaimedJob]:
        """The claims of these queues, or of all, that have not begun: the caller's again."""

    @abstractmethod
    def free_capacity(self, *, look_ahead: bool) -> int:
        """How many more claims it takes; to be called with the capacity's condition held."""

    @abstractmethod
    def is_stalled(self) -> bool:
        """Whether claims wait although no slot has come free for a while."""

    @property
    @abstractmethod
    def is_alive(self) -> bool:
        """False once it can run nothing any more."""

    @abstractmethod
    def stop(self) -> None:
        """Ends idle threads. Handlers that still run are not waited for."""

    @abstractmethod
    def _replace_slot(self) -> None:
        """Lets another claim run in the slot of a handler that was given up."""

    def _end(self, attempt: Attempt, begun_at: float, outcome: Outcome) -> bool:
        """Reports what the handler led to; returns False if its attempt had been given up before.

        Of such an attempt only a success is reported: it settles a dead letter that says *outcome
        unknown*. `begun_at`: what `Capacity.begun` returned.
        """
        if not attempt.claim_outcome():
            with self._lock:
                self.stuck -= 1
            if isinstance(outcome, Succeeded):
                self._report(Finished(attempt.claim, outcome))
            return False
        seconds = self.capacity.ended(begun_at)
        # Reported before the slot is free, so that a stop that sees no busy slot has every outcome.
        self._report(Finished(attempt.claim, outcome, seconds))
        self.capacity.release()
        return True

    def _give_up(self, attempt: Attempt) -> None:
        """Reports that the handler does not stop, and uses its slot again: it cannot be killed."""
        if not attempt.claim_outcome():
            return
        with self._lock:
            self.stuck += 1
        self._report(Finished(attempt.claim, self._outcome_of_stuck(attempt)))
        self._replace_slot()
        self.capacity.release()
