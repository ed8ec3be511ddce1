"""Reports of handlers about how far they have come: written, and shown."""

from collections.abc import Sequence
from typing import TypedDict

from jobs.core.claim import ClaimedJob
from jobs.core.progress import Progress
from jobs.models import Job, ProgressReport
from jobs.services.announce import jobs_announce_after_commit
from jobs.sql.statements import execute, statement


class ShownProgress(TypedDict):
    """A report as clients get it; `total` is None where the handler does not know it."""

    done: float
    total: float | None
    message: str


def progress_write(*, reports: Sequence[tuple[ClaimedJob, Progress]]) -> None:
    """Keeps these reports, each only if the attempt that made it was not taken away."""
    if reports:
        execute(
            statement("write_progress"),
            {
                "job_ids": [claim.id for claim, _ in reports],
                "attempts": [claim.attempt for claim, _ in reports],
                "worker_ids": [claim.worker_id for claim, _ in reports],
                "done": [one.done for _, one in reports],
                "totals": [one.total for _, one in reports],
                "messages": [one.message for _, one in reports],
            },
        )
        jobs_announce_after_commit(changed=[claim.id for claim, _ in reports])


def job_progress(job: Job) -> ShownProgress | None:
    """The last report of the job's present or last attempt; None if that made none."""
    row = job_progress_report(job)
    return shown_progress(row) if row else None


def job_progress_report(job: Job) -> ProgressReport | None:
    """The row of that report."""
    return ProgressReport.objects.filter(job_id=job.pk, attempt=job.attempt).first()


def shown_progress(row: ProgressReport) -> ShownProgress:
    """A report as clients get it."""
    return {"done": row.done, "total": row.total, "message": row.message}
