"""What a handler is given beside its payload."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from jobs.core.errors import JobCancelled

Payload = dict[str, Any]


def _never() -> bool:
    return False


@dataclass(frozen=True)
class JobContext:
    """The attempt that is running.

    `idempotency_key` is the job's effect key: hand it on to systems that deduplicate.
    `attempt` counts from 1 and never repeats for a job.
    """

    job_id: UUID
    type: str
    queue: str
    attempt: int
    idempotency_key: str
    worker: str
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for this job to stop; a long handler looks now and then."""
        return self.is_cancelled()

    def stop_if_cancelled(self) -> None:
        """Raises JobCancelled if somebody asked for this job to stop: it ends `cancelled`."""
        if self.cancelled:
            raise JobCancelled(f"job {self.job_id} was cancelled")
