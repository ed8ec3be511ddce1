"""What a handler is given besides its payload."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from jobs.core.errors import JobCancelled
from jobs.core.progress import Progress, progress_of

Payload = dict[str, Any]


def _never() -> bool:
    return False


def _nowhere(progress: Progress) -> None:
    """For a context that no worker has made, in a test of a handler for example."""


@dataclass(frozen=True)
class JobContext:
    """The attempt that is running.

    `attempt` counts from 1 and never repeats for a job, not even after a replay.
    `idempotency_key` is the job's effect key, the same in each of its attempts: hand it on to
    systems that deduplicate. `worker` is the name of the worker.
    """

    job_id: UUID
    type: str
    queue: str
    attempt: int
    idempotency_key: str
    worker: str
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)
    report: Callable[[Progress], None] = field(default=_nowhere, repr=False)

    @property
    def cancelled(self) -> bool:
        """Whether the job is asked to stop; up to a second old. For handlers that take long."""
        return self.is_cancelled()

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Tells clients and staff how far the job has come: `done` of `total`, and a sentence.

        Returns at once, however often it is called: the last report is written once a second, if
        the attempt was not taken away. Raises ValueError for numbers that make no sense.
        """
        self.report(progress_of(done, total, message))

    def stop_if_cancelled(self) -> None:
        """Raises JobCancelled if the job is asked to stop; uncaught, the job ends `cancelled`."""
        if self.cancelled:
            raise JobCancelled(f"job {self.job_id} was cancelled")
