"""What the calls about dead letters answer. Sensitive payload fields are masked."""

from typing import Any, TypedDict

from django.urls import reverse

from jobs.api.shared.links import failed_job_path, job_path
from jobs.api.shared.moments import written, written_or_none
from jobs.core.attempt_error import ShownAttempt, shown_attempts
from jobs.models import DeadLetter
from jobs.services.job_facts import CallbackOf
from jobs.services.visibility import masked_payload

# What a dead letter without a resolution is called.
WAITING = "waiting"


class DeadLetterLinks(TypedDict):
    """Where a dead letter and its job are, and how the job is replayed."""

    self: str
    job: str
    replay: str


class DeadLetterRepresentation(TypedDict):
    """A dead letter with every attempt that failed."""

    id: str
    job_id: str
    type: str
    queue: str
    payload: dict[str, Any]
    reason: str
    error: str
    fingerprint: str | None
    attempts: list[ShownAttempt]
    callback_of: CallbackOf | None
    submitted_by: str | None
    created_at: str
    resolution: str
    resolved_at: str | None
    links: DeadLetterLinks


def dead_letter_representation(
    letter: DeadLetter, *, with_tracebacks: bool = False
) -> DeadLetterRepresentation:
    """The dead letter. Rows come as `dead_letters_visible_to` has them."""
    client = letter.submitted_by
    return {
        "id": str(letter.pk),
        "job_id": str(letter.job_id),
        "type": letter.type,
        "queue": letter.queue,
        "payload": masked_payload(letter.type, letter.payload),
        "reason": letter.reason,
        "error": letter.error,
        "fingerprint": letter.fingerprint or None,
        "attempts": shown_attempts(letter.attempts, with_tracebacks=with_tracebacks),
        "callback_of": getattr(letter, "callback_of", None),
        "submitted_by": client.get_username() if client else None,
        "created_at": written(letter.created_at),
        "resolution": letter.resolution or WAITING,
        "resolved_at": written_or_none(letter.resolved_at),
        "links": {
            "self": failed_job_path(letter.pk),
            "job": job_path(letter.job_id),
            "replay": reverse("failed-job-replay", args=[letter.pk]),
        },
    }
