"""Errors of attempts that never ran."""

from jobs.core.attempt_error import AttemptError


def make_error(error: str = "RuntimeError", message: str = "failed") -> AttemptError:
    """What is kept of a failed attempt."""
    return {
        "worker": "worker-1",
        "at": "2026-11-23T10:00:00.000+00:00",
        "error": error,
        "message": message,
        "traceback": "",
    }
