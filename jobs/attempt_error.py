"""What is kept of a failed attempt: small, and without the values a job type marks sensitive."""

import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from jobs.outcome import AttemptError

MASK = "********"

# A traceback's end names the error; more than this is repetition (recursion).
TRACEBACK_LIMIT = 16_000
MESSAGE_LIMIT = 2_000


def error_of(exception: BaseException, worker: str, secrets: Iterable[str] = ()) -> AttemptError:
    """The exception as JSON: `worker`, `at`, `error`, `message`, `traceback`."""
    text = "".join(traceback.format_exception(exception))
    return _error(
        worker=worker,
        error=type(exception).__name__,
        message=_without(secrets, str(exception))[:MESSAGE_LIMIT],
        text=_without(secrets, text)[-TRACEBACK_LIMIT:],
    )


def error_of_lost_worker(worker: str) -> AttemptError:
    """The worker died, or was cut off, while it ran the job."""
    return _error(
        worker=worker,
        error="WorkerLost",
        message="the worker was lost while it ran this attempt",
        text="",
    )


def secret_values(payload: dict[str, Any], sensitive: Iterable[str]) -> list[str]:
    """The texts in a payload that must not be shown."""
    return [str(payload[name]) for name in sensitive if payload.get(name)]


def _error(worker: str, error: str, message: str, text: str) -> AttemptError:
    return {
        "worker": worker,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "error": error,
        # PostgreSQL stores no NUL in jsonb; an exception may carry one.
        "message": message.replace("\x00", "\\0"),
        "traceback": text.replace("\x00", "\\0"),
    }


def _without(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
