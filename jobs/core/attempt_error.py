"""What is kept of a failed attempt: small, and without the values of sensitive fields."""

from collections.abc import Sequence
from datetime import UTC, datetime
from traceback import format_tb
from typing import Any, NotRequired, TypedDict, cast

from jobs.core.secrets import NO_SECRETS, Secrets
from jobs.core.storable import storable
from jobs.core.traceback_text import frames_text, traceback_text

# In characters. A traceback's end names the error; more than this is repetition (recursion).
TRACEBACK_LIMIT = 16_000
MESSAGE_LIMIT = 2_000
SUMMARY_LIMIT = 500

# Of a class, whatever its metaclass says.
_NAME: Any = vars(type)["__name__"]


class AttemptError(TypedDict):
    """Why one attempt failed.

    `worker` is the worker's name, `at` an ISO 8601 moment by the worker's clock, `error` the
    class of the exception. `traceback` is empty where no exception was raised. `seconds`: how long
    the attempt had its slot, where its worker could still tell.
    """

    worker: str
    at: str
    error: str
    message: str
    traceback: str
    seconds: NotRequired[float]


class RecordedError(AttemptError):
    """An entry of `Job.errors` and `DeadLetter.attempts`: the error, and which attempt it was."""

    attempt: int


class ShownAttempt(TypedDict):
    """A failed attempt as people may see it: with its traceback only where they may see that."""

    attempt: int
    worker: str
    at: str
    error: str
    message: str
    traceback: NotRequired[str]
    seconds: NotRequired[float]


def error_of(exception: BaseException, worker: str, secrets: Secrets = NO_SECRETS) -> AttemptError:
    """The exception as JSON, raised in an attempt of the worker of that name.

    `secrets` are masked in message and traceback. Where one is too short for that, the message is
    withheld, and of the traceback only the types of the exceptions and their frames are kept.

    Raises nothing, whatever the exception's own code does: what it cannot tell is left out.
    """
    return _error(
        worker=worker,
        error=secrets.without(_NAME.__get__(type(exception))),
        message=secrets.message(_message(exception))[:MESSAGE_LIMIT],
        text=secrets.without(_text(exception, secrets))[-TRACEBACK_LIMIT:],
    )


def error_of_lost_worker(worker: str) -> AttemptError:
    """The error of an attempt whose worker died, or was declared dead, while it ran the job."""
    return _error(
        worker=worker,
        error="WorkerLost",
        message="the worker was lost while it ran this attempt",
        text="",
    )


def error_of_stopped_worker(worker: str) -> AttemptError:
    """The error of an attempt that was still running when its worker's grace period ended."""
    return _error(
        worker=worker,
        error="WorkerStopped",
        message="the worker stopped, and this attempt was not done within the grace period",
        text="",
    )


def error_of_lost_attempt(worker: str) -> AttemptError:
    """The error of an attempt that had begun, and that its worker, though alive, does not know."""
    return _error(
        worker=worker,
        error="AttemptLost",
        message="the worker lost track of this attempt, which had begun",
        text="",
    )


def error_summary(errors: Sequence[RecordedError]) -> str:
    """The last error in one line of at most 500 characters: `class: message`.

    Only the message's first line is kept. Empty if there is no error.
    """
    if not errors:
        return ""
    parts = errors[-1]["error"], _first_line(errors[-1]["message"])
    return ": ".join(filter(None, parts))[:SUMMARY_LIMIT]


def shown_attempts(
    attempts: Sequence[RecordedError], *, with_tracebacks: bool
) -> list[ShownAttempt]:
    """Failed attempts as people may see them.

    Without tracebacks an error is one line, as in `error_summary`: what comes below the first line
    of a message often names files and statements of the server.
    """
    if with_tracebacks:
        return [cast(ShownAttempt, dict(one)) for one in attempts]
    return [
        cast(
            ShownAttempt,
            {name: value for name, value in one.items() if name != "traceback"}
            | {"message": _first_line(one["message"])},
        )
        for one in attempts
    ]


def _first_line(message: str) -> str:
    return "".join(message.strip().splitlines()[:1])[:SUMMARY_LIMIT]


def _message(exception: BaseException) -> str:
    try:
        return str.__str__(str(exception))  # it may be of a class of its own, too
    except BaseException:  # noqa: BLE001 - a handler's exception may be of any make
        return "the exception cannot be shown: its __str__ failed"


def _text(exception: BaseException, secrets: Secrets) -> str:
    try:
        if secrets.is_withheld:
            return frames_text(exception)
        return traceback_text(exception, None if secrets is NO_SECRETS else secrets.without)
    except BaseException:  # noqa: BLE001 - as above; or groups within groups, too deep for Python
        return "".join(format_tb(exception.__traceback__))


def _error(worker: str, error: str, message: str, text: str) -> AttemptError:
    return {
        "worker": worker,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "error": error,
        "message": storable(message),
        "traceback": storable(text),
    }
