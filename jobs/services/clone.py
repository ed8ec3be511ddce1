"""A new job is made of an old one, with what a person has changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.core.actor import CODE, Actor
from jobs.models import Job
from jobs.services.enqueue import job_enqueue
from jobs.services.events import event_record
from jobs.services.masking import masked_payload
from jobs.sql.contention import repeats_conflicts


@repeats_conflicts
def job_clone(
    *,
    job_id: UUID,
    payload: Mapping[str, Any],
    queue: str | None = None,
    priority: int | None = None,
    delay_seconds: float | None = None,
    submitted_by_id: Any = None,
    actor: Actor = CODE,
    reason: str = "",
) -> Job:
    """Enqueues a job of the same type with this payload, and returns it; the old one stays.

    The payload is checked as any other. The new job has no idempotency key, and belongs to
    `submitted_by_id`. A type that derives its effect key from the payload gives both the same key:
    with an effect that is done the new job is skipped. `queue`, `priority`: None leaves them as
    the old one has them. `actor`: who asked, and `reason`: why; an event of either job has both.

    Raises UnknownJobType, PayloadInvalid, PayloadTooLarge, UnknownQueue, RecipientsLimitReached,
    Job.DoesNotExist.
    """
    with transaction.atomic():
        job = Job.objects.get(id=job_id)
        clone = job_enqueue(
            type=job.type,
            payload=payload,
            queue=queue or job.queue,
            priority=job.priority if priority is None else priority,
            delay_seconds=delay_seconds,
            max_retries=job.max_retries,
            submitted_by_id=submitted_by_id,
        ).job
        event_record(
            action="job.cloned",
            subject_type="job",
            subject_id=job_id,
            actor=actor,
            reason=reason,
            after={"clone": str(clone.id)},
        )
        event_record(
            action="job.made_of_another",
            subject_type="job",
            subject_id=clone.id,
            actor=actor,
            reason=reason,
            before={"job": str(job_id), "payload": masked_payload(job.type, job.payload)},
            after={"payload": masked_payload(clone.type, clone.payload)},
        )
    return clone
