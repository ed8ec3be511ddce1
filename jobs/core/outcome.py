"""What one attempt led to: frozen values without I/O."""

from dataclasses import dataclass

from jobs.core.attempt_error import AttemptError, RecordedError
from jobs.core.result import Result


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The handler returned.

    `recorded`: its own transaction has already written the success. `result`: what is kept of
    what it returned.
    """

    recorded: bool = False
    result: Result | None = None


SUCCEEDED = Succeeded()  # nearly always


@dataclass(frozen=True, slots=True)
class Failed:
    """The handler raised, so the effect did not happen: the job is retried.

    `after_seconds` overrides the backoff.
    """

    error: AttemptError
    after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class FailedForGood:
    """The handler raised `PermanentError`: the job is not retried."""

    error: AttemptError


@dataclass(frozen=True, slots=True)
class CutOff:
    """A crash, a timeout or `OutcomeUnknown`: the effect may or may not have happened.

    `crashed`: the worker died, so the attempt counts towards the crash limit. A worker that stops
    in order has not died.
    """

    error: AttemptError
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class NotStarted:
    """The attempt never began: the job is queued again at no cost.

    `after_seconds` of 0 returns it to the head of its list.
    """

    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CrashedBefore:
    """Workers died under its handler again and again, always before the effect began."""

    error: AttemptError


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The job was cancelled while it ran, and its handler stopped."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The attempt was taken away before it could end: there is nothing to write."""


Outcome = (
    Succeeded | Failed | FailedForGood | CutOff | NotStarted | CrashedBefore | Cancelled | Lost
)


def errors_of(outcome: Outcome, attempt: int) -> list[RecordedError]:
    """What the attempt of this number adds to `Job.errors`: nothing, if it never began."""
    match outcome:
        case (
            Failed(error=error)
            | FailedForGood(error=error)
            | CutOff(error=error)
            | CrashedBefore(error=error)
        ):
            return [{**error, "attempt": attempt}]
    return []
