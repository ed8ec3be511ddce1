"""What is kept of a failed attempt: small, and without the values of sensitive fields."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

from jobs.core.traceback_text import traceback_text

MASK = "********"

# In characters. A traceback's end names the error; more than this is repetition (recursion).
TRACEBACK_LIMIT = 16_000
MESSAGE_LIMIT = 2_000
SUMMARY_LIMIT = 500


class AttemptError(TypedDict):
    """Why one attempt failed.

    `worker` is the worker's name, `at` an ISO 8601 moment by the worker's clock, `error` the
    class of the exception. `traceback` is empty where no exception was raised.
    """

    worker: str
    at: str
    error: str
    message: str
    traceback: str


class RecordedError(AttemptError):
    """An entry of `Job.errors` and `DeadLetter.attempts`: the error, and which attempt it was."""

    attempt: int


def error_of(exception: BaseException, worker: str, secrets: Iterable[str] = ()) -> AttemptError:
    """The exception as JSON, raised in an attempt of the worker of that name.

    `secrets` are masked in message and traceback: see `secret_values`.
    """
    text = traceback_text(exception)
    return _error(
        worker=worker,
        error=type(exception).__name__,
        message=_without(secrets, _message(exception))[:MESSAGE_LIMIT],
        text=_without(secrets, text)[-TRACEBACK_LIMIT:],
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
    lines = errors[-1]["message"].strip().splitlines()
    return ": ".join([errors[-1]["error"], *lines[:1]])[:SUMMARY_LIMIT]


def secret_values(payload: dict[str, Any], sensitive: Iterable[str]) -> list[str]:
    """The texts in a payload that must not be shown, as they are and as `repr` writes them.

    `sensitive` names fields of the payload. The longest text comes first, because one secret may
    be the beginning of another.
    """
    texts = {text for name in sensitive for text in _texts(payload.get(name))}
    texts |= {repr(text)[1:-1] for text in texts}
    return sorted(texts, key=len, reverse=True)


def _texts(value: Any) -> Iterator[str]:
    """Every text and number inside a JSON value."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value and value is not True:
        yield str(value)


def _message(exception: BaseException) -> str:
    try:
        return str(exception)
    except Exception:  # noqa: BLE001 - a handler's exception may be of any make
        return "the exception cannot be shown: its __str__ failed"


def _error(worker: str, error: str, message: str, text: str) -> AttemptError:
    return {
        "worker": worker,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "error": error,
        "message": _storable(message),
        "traceback": _storable(text),
    }


def _storable(text: str) -> str:
    """PostgreSQL stores neither NUL nor half a surrogate pair; an exception may carry both."""
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()


def _without(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
