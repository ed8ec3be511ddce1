"""Whether the client of this call may submit a job: the one check, for every way to submit."""

from collections.abc import Iterable, Mapping
from typing import Any

from jobs.core.submission_right import (
    UNLIMITED,
    SubmissionNotAllowed,
    current_submission_right,
)


def check_may_submit(*, job_type: str, queue: str) -> None:
    """Raises SubmissionNotAllowed for a type or a queue that the client may not use."""
    right = current_submission_right.get()
    if right is UNLIMITED:
        return
    for noun, name, allowed in (
        ("job type", job_type, right.job_types),
        ("queue", queue, right.queues),
    ):
        if allowed is not None and name not in allowed:
            raise SubmissionNotAllowed(noun, name, sorted(allowed))


def check_may_go_on(next_jobs: Iterable[Mapping[str, Any]] | None) -> None:
    """The same for the jobs with which a chain goes on, as they are stored."""
    for following in next_jobs or ():
        check_may_submit(job_type=following["type"], queue=following["queue"])
