"""A job that waits for its moment, or for its next attempt, is made due at once by a person."""

from uuid import UUID

from django.db.models.functions import Now

from jobs.core.actor import CODE, Actor
from jobs.core.decision_errors import JobNotDelayed
from jobs.core.limit import UNTIL_DUE
from jobs.core.message import QueueMessage
from jobs.core.states import JobState
from jobs.models import Job, KeyWait
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.events import event_record
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import database_now


@repeats_conflicts
def job_run_now(*, job_id: UUID, actor: Actor = CODE, reason: str = "") -> Job:
    """Makes a queued job due whose `run_at` lies ahead, and dispatches it. Returns it.

    Neither a pause nor a limit is overruled: behind these it waits on. `actor`: who asked, and
    `reason`: why; the event has both.
    Raises JobNotDelayed, Job.DoesNotExist.
    """
    with short_transaction():
        job = Job.objects.select_for_update().get(id=job_id)
        _refuse_what_is_not_delayed(job)
        before = job.run_at
        KeyWait.objects.filter(job_id=job_id).delete()
        Job.objects.filter(id=job_id).update(
            run_at=Now(),
            dispatched_at=Now(),
            held_by=UNTIL_DUE if job.limits else None,  # a timer admits it
        )
        job.refresh_from_db()
        if not job.limits:
            message = QueueMessage(job.id, job.effect_key, job.queue, job.priority)
            dispatch_after_commit([(message, 0.0)], is_repeated=True)
        event_record(
            action="job.hurried",
            subject_type="job",
            subject_id=job_id,
            actor=actor,
            reason=reason,
            before={"run_at": before.isoformat()},
            after={"run_at": job.run_at.isoformat()},
        )
    return job


def _refuse_what_is_not_delayed(job: Job) -> None:
    if job.state != JobState.QUEUED:
        raise JobNotDelayed(f"this job is {job.state}; only a queued one can be made due")
    if job.run_at <= database_now():
        raise JobNotDelayed("this job is due already: its page says what else it waits for")
