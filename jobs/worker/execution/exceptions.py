"""What an exception of a handler says about its attempt (promise I7 in `docs/guarantees.md`)."""

from jobs.core.attempt_error import error_of
from jobs.core.errors import (
    JobCancelled,
    JobTimeout,
    LeaseLost,
    OutcomeUnknown,
    PermanentError,
    RetryAfter,
)
from jobs.core.outcome import Cancelled, CutOff, Failed, FailedForGood, Lost, Outcome
from jobs.core.secrets import NO_SECRETS, Secrets

# What is asked of an exception to find out what it says.
_ASKED_FOR = ("__class__", "__cause__", "__context__", "seconds")


def readable(exception: BaseException) -> BaseException:
    """The exception; or what stands for it, if its own code raises when it is asked what it is.

    It was raised all the same, and says what any other says: that nothing has happened.
    """
    try:
        for name in _ASKED_FOR:
            getattr(exception, name, None)
    except BaseException:  # noqa: BLE001 - a handler's exception may be of any make
        return RuntimeError("the handler raised an exception that cannot be read")
    return exception


def outcome_of(exception: BaseException, worker: str, secrets: Secrets = NO_SECRETS) -> Outcome:
    """The outcome; its error keeps none of the `secrets`."""
    error = error_of(exception, worker, secrets)
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
