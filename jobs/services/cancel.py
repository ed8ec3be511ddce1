"""A job is cancelled: at once while it waits, and as soon as its handler stops while it runs."""

from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from jobs.core.actor import CODE, Actor
from jobs.core.errors import JobAlreadyFinal
from jobs.core.states import JobState
from jobs.models import Job, ProcessedKey
from jobs.services.admission import slots_release
from jobs.services.announce import jobs_announce_after_commit
from jobs.services.events import event_record
from jobs.services.followups import jobs_follow_up
from jobs.services.key_waits import jobs_wake_after_commit
from jobs.services.roll_ups import ends_count
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts

# Of a name, `Job.cancelled_by` keeps so many characters.
NAME_MAX = 150


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
            changes |= {"cancel_requested_at": Now(), "cancelled_by": actor.name[:NAME_MAX]}
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
            ends_count([job.id])
            jobs_announce_after_commit(final=[job.id])
        if job.state == JobState.CANCELLED and job.limits:
            slots_release([job.id])
        if job.state == JobState.CANCELLED and _owns_a_shared_key(job):
            jobs_wake_after_commit([job.effect_key])
        if job.state == JobState.CANCELLED and job.batch_id is not None:
            jobs_follow_up([job.id])
    return job


def _shown(job: Job) -> dict[str, Any]:
    """What a cancellation changes, as its event shows it."""
    return {"state": job.state, "cancel_requested": job.cancel_requested_at is not None}


def _owns_a_shared_key(job: Job) -> bool:
    """Not if it only waited for the key itself: its owner still has it."""
    is_shared = job.effect_key != str(job.id)
    return is_shared and ProcessedKey.objects.filter(key=job.effect_key, job_id=job.id).exists()
