"""A job is cancelled: at once while it waits, and as soon as its handler stops while it runs."""

from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from jobs.core.actor import CODE, Actor
from jobs.core.errors import JobAlreadyFinal
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.ended_unstarted import Unstarted, jobs_ended_unstarted
from jobs.services.events import event_record
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts


@repeats_conflicts
def job_cancel(*, job_id: UUID, actor: Actor = CODE, reason: str = "") -> Job:
    """queued -> cancelled, for good; a running job is asked to stop. Returns the job.

    The handler of a running job sees `context.cancelled` within about a second. If the attempt
    fails, the job is cancelled instead of retried; if it succeeds, the job has succeeded.
    `actor`: who asked, and `reason`: why; the event has both. Of several actors, the job keeps
    the name of the first.

    Raises JobAlreadyFinal, Job.DoesNotExist.
    """
    with short_transaction():
        job = Job.objects.select_for_update().get(id=job_id)
        if job.state == JobState.QUEUED:
            changes: dict[str, Any] = {"state": JobState.CANCELLED, "finished_at": Now()}
        elif job.state == JobState.RUNNING:
            changes = {}
        else:
            raise JobAlreadyFinal(job.state)
        if job.cancel_requested_at is None:
            changes |= {"cancel_requested_at": Now(), "cancelled_by": actor.name}
        if changes:
            before = _shown(job)
            Job.objects.filter(id=job_id).update(**changes)
            job.refresh_from_db()
            event_record(
                action="job.cancelled",
                subject_type="job",
                subject_id=job_id,
                actor=actor,
                reason=reason,
                before=before,
                after=_shown(job),
            )
        if job.state == JobState.CANCELLED:
            jobs_ended_unstarted([Unstarted.of(job)])
    return job


def _shown(job: Job) -> dict[str, Any]:
    """What a cancellation changes, as its event shows it."""
    return {"state": job.state, "cancel_requested": job.cancel_requested_at is not None}
