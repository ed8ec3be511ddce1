"""A person decides about a dead letter: it is replayed or discarded."""

from uuid import UUID

from django.db.models.functions import Now

from jobs.core.actor import Actor
from jobs.core.correlation import current_traceparent
from jobs.core.errors import DeadLetterResolved, JobNotDead
from jobs.core.limit import UNTIL_DUE
from jobs.core.message import QueueMessage
from jobs.core.states import JobState, Resolution
from jobs.models import DeadLetter, Job
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.events import actor_with_id, event_record
from jobs.services.followups import job_is_back
from jobs.services.key_waits import jobs_wake_after_commit
from jobs.services.short_transaction import short_transaction
from jobs.services.submission_right import check_may_submit
from jobs.services.tracing import Tracing, describe, tracing
from jobs.sql.contention import repeats_conflicts


@repeats_conflicts
def dead_letter_replay(
    *,
    dead_letter_id: UUID,
    resolved_by_id: int | None,
    reason: str = "",
    actor: Actor | None = None,
) -> DeadLetter:
    """dead -> queued: the same job runs again, with a new retry budget; its errors are kept.

    `resolved_by_id`: the user who decided, and `reason`: why; the event has both. `actor`: who
    decided, where that is no user.
    Returns the dead letter, which is `replayed`.
    Raises DeadLetterResolved, JobNotDead, SubmissionNotAllowed, DeadLetter.DoesNotExist.
    """
    with short_transaction():
        letter = _waiting_letter(dead_letter_id)
        check_may_submit(job_type=letter.job.type, queue=letter.job.queue)
        _queue_again(letter.job_id)
        if (spans := tracing()) is not None:
            _send_again(letter.job, spans)
        resolved = _resolve(letter, Resolution.REPLAYED, resolved_by_id, reason, actor)
        job_is_back(letter.job)
        return resolved


@repeats_conflicts
def dead_letter_discard(
    *, dead_letter_id: UUID, resolved_by_id: int | None, reason: str = ""
) -> DeadLetter:
    """Puts a dead letter aside for good: its job stays dead, and its effect key becomes free.

    `resolved_by_id`: the user who decided, and `reason`: why; the event has both.
    Returns the dead letter, which is `discarded`.
    Raises DeadLetterResolved, DeadLetter.DoesNotExist.
    """
    with short_transaction():
        letter = _waiting_letter(dead_letter_id)
        _wake_what_waits_for(letter.job)
        return _resolve(letter, Resolution.DISCARDED, resolved_by_id, reason)


def _waiting_letter(dead_letter_id: UUID) -> DeadLetter:
    letter = DeadLetter.objects.select_for_update().get(id=dead_letter_id)
    if letter.resolution:
        raise DeadLetterResolved(letter.resolution)
    return letter


def _wake_what_waits_for(job: Job) -> None:
    if job.effect_key != str(job.id):
        jobs_wake_after_commit([job.effect_key])


def _queue_again(job_id: UUID) -> None:
    job = Job.objects.select_for_update().get(id=job_id)
    queued = Job.objects.filter(id=job_id, state=JobState.DEAD).update(
        state=JobState.QUEUED,
        worker_id=None,
        claimed_at=None,
        started_at=None,
        finished_at=None,
        failures=0,
        crashes=0,
        cancel_requested_at=None,
        run_at=Now(),
        dispatched_at=Now(),
        held_by=UNTIL_DUE if job.limits else None,
    )
    if not queued:
        raise JobNotDead(job_id, job.state)
    if job.limits:
        return  # a timer admits it
    message = QueueMessage(job.id, job.effect_key, job.queue, job.priority)
    dispatch_after_commit([(message, 0.0)], is_repeated=True)


def _send_again(job: Job, spans: Tracing) -> None:
    """The replay is a span, from which the job goes on; where it was first sent is linked."""
    with spans.send(replayed=job.traceparent) as span:
        describe(span, queues=[job.queue], job_ids=[job.id], types={job.type})
        Job.objects.filter(id=job.id).update(traceparent=current_traceparent.get())


def _resolve(
    letter: DeadLetter,
    resolution: Resolution,
    resolved_by_id: int | None,
    reason: str,
    actor: Actor | None = None,
) -> DeadLetter:
    """Writes the decision, and the event of it."""
    actor = actor or actor_with_id(resolved_by_id)
    DeadLetter.objects.filter(id=letter.id).update(
        resolution=resolution,
        resolved_at=Now(),
        resolved_by_id=resolved_by_id,
        # The name is kept with what was decided when the account is gone.
        resolved_by_name=actor.name,
    )
    letter.refresh_from_db()
    event_record(
        action=f"dead_letter.{resolution.value}",
        subject_type="dead_letter",
        subject_id=letter.id,
        actor=actor,
        reason=reason,
        before={"resolution": "", "job": str(letter.job_id)},
        after={"resolution": resolution.value, "job": str(letter.job_id)},
    )
    return letter
