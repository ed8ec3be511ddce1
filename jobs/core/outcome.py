"""What one execution led to: frozen values without I/O."""

from dataclasses import dataclass
from typing import Any

AttemptError = dict[str, Any]
"""One failed attempt: `error` (class name), `message`, `traceback`; see `attempt_error.py`."""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The handler returned. `recorded`: its own transaction has already written the success."""

    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The handler raised: it did not happen. Retried; `after_seconds` overrides the backoff."""

    error: AttemptError
    after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class FailedForGood:
    """The handler raised `PermanentError`: no retry."""

    error: AttemptError


@dataclass(frozen=True, slots=True)
class CutOff:
    """Nobody knows whether it happened: crash, timeout or `OutcomeUnknown`."""

    error: AttemptError
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class NotStarted:
    """The attempt never began: the job goes back, after `after_seconds`, at no cost."""

    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A running job was cancelled and its handler stopped."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The attempt was taken away before it could end: there is nothing to write."""


Outcome = Succeeded | Failed | FailedForGood | CutOff | NotStarted | Cancelled | Lost
