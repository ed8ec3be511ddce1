"""What an exception of a handler says about its attempt (design invariant I7)."""

from collections.abc import Iterable

from jobs.core.attempt_error import error_of, secret_values
from jobs.core.errors import (
    JobCancelled,
    JobTimeout,
    LeaseLost,
    OutcomeUnknown,
    PermanentError,
    RetryAfter,
)
from jobs.core.outcome import Cancelled, CutOff, Failed, FailedForGood, Lost, Outcome
from jobs.handlers.context import Payload


def outcome_of(
    exception: BaseException, payload: Payload, sensitive: Iterable[str], worker: str
) -> Outcome:
    """The outcome; its error keeps no value of the payload's `sensitive` fields."""
    error = error_of(exception, worker, secret_values(payload, sensitive))
    match exception:
        case LeaseLost():
            return Lost()
        case JobCancelled():
            return Cancelled()
        case JobTimeout() | OutcomeUnknown():
            return CutOff(error)
        case PermanentError():
            return FailedForGood(error)
        case RetryAfter(seconds=seconds):
            return Failed(error, after_seconds=seconds)
        case _:
            return Failed(error)
