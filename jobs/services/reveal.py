"""A person sees the values of a payload that are masked everywhere else, and that is recorded."""

from typing import Any

from django.db import transaction

from jobs.core.actor import Actor
from jobs.models import DeadLetter, Job
from jobs.services.events import event_record
from jobs.services.masking import masked_payload
from jobs.sql.contention import repeats_conflicts


@repeats_conflicts
def payload_reveal(*, record: Job | DeadLetter, actor: Actor, reason: str = "") -> dict[str, Any]:
    """The payload with its sensitive values; an event says who has seen which of them, and why.

    Without the event there is no payload: both are one transaction, which is committed when this
    returns, unless the caller has one around it.
    """
    noun = "job" if isinstance(record, Job) else "dead_letter"
    payload: dict[str, Any] = record.payload
    masked = masked_payload(record.type, payload)
    with transaction.atomic():
        event_record(
            action=f"{noun}.revealed",
            subject_type=noun,
            subject_id=record.pk,
            actor=actor,
            reason=reason,
            after={"fields": sorted(name for name in payload if masked[name] != payload[name])},
        )
    return payload


def has_masked_values(record: Job | DeadLetter) -> bool:
    """Whether there is anything to reveal."""
    return bool(masked_payload(record.type, record.payload) != record.payload)
