"""What the client of the call that this thread answers may submit, and where to."""

from contextvars import ContextVar
from typing import NamedTuple

from jobs.core.errors import JobsError


class SubmissionRight(NamedTuple):
    """Names of job types and of queues; None for any."""

    job_types: frozenset[str] | None = None
    queues: frozenset[str] | None = None


UNLIMITED = SubmissionRight()

current_submission_right: ContextVar[SubmissionRight] = ContextVar(
    "current_submission_right", default=UNLIMITED
)
"""Unlimited outside of calls of the API, which sets it: code and staff submit what they like."""


class SubmissionNotAllowed(JobsError):
    """The client may submit jobs, but none of this type, or none to this queue."""

    def __init__(self, noun: str, name: str, allowed: list[str]) -> None:
        super().__init__(
            f"this account may not submit to the {noun} {name!r}; it may to: {', '.join(allowed)}"
            if noun == "queue"
            else f"this account may not submit the {noun} {name!r}; it may: {', '.join(allowed)}"
        )
        self.noun = noun
        self.name = name
        self.allowed = allowed
