"""A person decides about a dead letter: it is replayed or discarded."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from jobs.core.actor import Actor
from jobs.core.correlation import current_traceparent
from jobs.core.errors import DeadLetterResolved, JobNotDead
from jobs.core.states import Resolution
from jobs.models import DeadLetter, Job
from jobs.services.dead_letters.payload_change import (
    JobChange,
    edited_payload,
    job_change,
    shown_differences,
)
from jobs.services.dead_letters.replay import Replay, jobs_queue_again
from jobs.services.events import actor_with_id, event_record
from jobs.services.key_waits import jobs_wake_after_commit
from jobs.services.short_transaction import short_transaction
from jobs.services.submission_right import check_may_go_on, check_may_submit
from jobs.services.tracing import Tracing, describe, tracing
from jobs.sql.contention import repeats_conflicts


@repeats_conflicts
def dead_letter_replay(
    *,
    dead_letter_id: UUID,
    resolved_by_id: int | None,
    reason: str = "",
    actor: Actor | None = None,
    payload: Mapping[str, Any] | None = None,
) -> DeadLetter:
    """dead -> queued: the same job runs again, with a new retry budget; its errors are kept.

    `resolved_by_id`: the user who decided, and `reason`: why; the event has both. `actor`: who
    decided, where that is no user. `payload`: what the job runs with instead; sensitive fields that
    are still masked keep their values. It is checked by the serializer of the type, and where that
    derives the effect key from it, the job gets another one. The dead letter keeps what failed.

    Returns the dead letter, which is `replayed`; the job names it in `replay_of`.
    Raises DeadLetterResolved, JobNotDead, SubmissionNotAllowed, DeadLetter.DoesNotExist; and for a
    payload UnknownJobType, PayloadInvalid, PayloadTooLarge.
    """
    with short_transaction():
        letter = _waiting_letter(dead_letter_id)
        check_may_submit(job_type=letter.job.type, queue=letter.job.queue)
        check_may_go_on(letter.job.next_jobs)
        change = _change(letter, payload)
        resolved = _resolve(letter, Resolution.REPLAYED, resolved_by_id, reason, actor, change)
        if not jobs_queue_again([Replay(letter.job_id, letter.id, change)]):
            raise JobNotDead(letter.job_id, Job.objects.get(id=letter.job_id).state)
        if (spans := tracing()) is not None:
            _send_again(letter.job, spans)
        return resolved


@repeats_conflicts
def dead_letter_discard(
    *,
    dead_letter_id: UUID,
    resolved_by_id: int | None,
    reason: str = "",
    actor: Actor | None = None,
) -> DeadLetter:
    """Puts a dead letter aside for good: its job stays dead, and its effect key becomes free.

    `resolved_by_id`: the user who decided, and `reason`: why; the event has both. `actor`: who
    decided, where that is no user.
    Returns the dead letter, which is `discarded`.
    Raises DeadLetterResolved, DeadLetter.DoesNotExist.
    """
    with short_transaction():
        letter = _waiting_letter(dead_letter_id)
        _wake_what_waits_for(letter.job)
        return _resolve(letter, Resolution.DISCARDED, resolved_by_id, reason, actor)


def _waiting_letter(dead_letter_id: UUID) -> DeadLetter:
    letter = DeadLetter.objects.select_for_update().get(id=dead_letter_id)
    if letter.resolution:
        raise DeadLetterResolved(letter.resolution)
    return letter


def _wake_what_waits_for(job: Job) -> None:
    if job.effect_key != str(job.id):
        jobs_wake_after_commit([job.effect_key])


def _change(letter: DeadLetter, payload: Mapping[str, Any] | None) -> JobChange | None:
    """None for the payload that it has already."""
    if payload is None:
        return None
    edited = edited_payload(letter.type, letter.payload, payload)
    if edited == letter.payload:
        return None
    return job_change(job_type=letter.type, queue=letter.queue, payload=edited)


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
    actor: Actor | None,
    change: JobChange | None = None,
) -> DeadLetter:
    """Writes the decision, and the event of it."""
    actor = actor or actor_with_id(resolved_by_id)
    DeadLetter.objects.filter(id=letter.id).resolve(
        resolution, by_id=resolved_by_id, by_name=actor.name
    )
    letter.refresh_from_db()
    before: dict[str, Any] = {"resolution": "", "job": str(letter.job_id)}
    after: dict[str, Any] = {"resolution": resolution.value, "job": str(letter.job_id)}
    if change is not None:
        before["payload"], after["payload"] = shown_differences(
            letter.type, letter.payload, change.payload
        )
    event_record(
        action=f"dead_letter.{resolution.value}",
        subject_type="dead_letter",
        subject_id=letter.id,
        actor=actor,
        reason=reason,
        before=before,
        after=after,
    )
    return letter
