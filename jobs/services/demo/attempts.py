"""Failed attempts of the demonstration's jobs, as they are recorded."""

import json
from collections.abc import Sequence

from jobs.core.attempt_error import RecordedError
from jobs.services.demo.rows import escaped


def recorded(error: str, message: str, traceback: str, at: Sequence[str]) -> list[RecordedError]:
    """One error for each of these moments."""
    text = f"{traceback}{error}: {message}\n" if traceback else ""
    return [
        {
            "worker": f"demo-worker-{1 + number % 6}",
            "at": moment.replace(" ", "T").replace("+00", "+00:00"),
            "error": error,
            "message": message,
            "traceback": text,
            "attempt": number,
        }
        for number, moment in enumerate(at, 1)
    ]


def as_column(errors: Sequence[RecordedError]) -> str:
    """`Job.errors` as COPY reads it."""
    return escaped(json.dumps(errors))


def plain_attempts(error: str, message: str, at: Sequence[str]) -> str:
    """`Job.errors` of an error without a traceback, as COPY reads it."""
    return as_column(recorded(error, message, "", at))
