"""What the calls about dead letters answer. Sensitive payload fields are masked."""

from typing import Any, NotRequired, TypedDict

from django.urls import reverse

from jobs.api.shared.links import failed_job_path, job_path
from jobs.api.shared.moments import written, written_or_none
from jobs.core.attempt_error import ShownAttempt, shown_attempts
from jobs.models import DeadLetter
from jobs.services.dead_letters.evidence import effect_may_have_happened, evidence_of
from jobs.services.job_facts import CallbackOf
from jobs.services.masking import masked_payload

# What a dead letter without a resolution is called.
WAITING = "waiting"


class DeadLetterLinks(TypedDict):
    """Where a dead letter and its job are, and how a person decides about it.

    `replay_of`: the dead letter from which the job had been replayed; `redrive`: what replayed it.
    """

    self: str
    job: str
    replay: str
    discard: str
    replay_of: NotRequired[str]
    redrive: NotRequired[str]


class DeadLetterRepresentation(TypedDict):
    """A dead letter with every attempt that failed.

    `effect_may_have_happened`: nobody knows, so look before it is replayed. `replay_of`: the dead
    letter from which this job had been replayed. `replay_ended`: the state in which the replay of a
    redrive has ended, as far as is known.
    """

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
    effect_may_have_happened: bool
    assigned_to: str | None
    replay_of: str | None
    redrive: str | None
    replay_ended: str | None
    links: DeadLetterLinks


class SingleDeadLetter(DeadLetterRepresentation):
    """A dead letter, and what to look for to find out whether its effect happened."""

    look_for: dict[str, str]


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
        "effect_may_have_happened": effect_may_have_happened(letter),
        "assigned_to": letter.assigned_to or None,
        "replay_of": str(letter.replay_of) if letter.replay_of else None,
        "redrive": str(letter.redrive_id) if letter.redrive_id else None,
        "replay_ended": letter.replay_ended or None,
        "links": _links(letter),
    }


def single_dead_letter(letter: DeadLetter, *, with_tracebacks: bool) -> SingleDeadLetter:
    """The dead letter as `dead_letter_representation` shows it, and what to look for.

    Rows come with `job`, too.
    """
    shown = dead_letter_representation(letter, with_tracebacks=with_tracebacks)
    return {**shown, "look_for": evidence_of(letter)}


def _links(letter: DeadLetter) -> DeadLetterLinks:
    links: DeadLetterLinks = {
        "self": failed_job_path(letter.pk),
        "job": job_path(letter.job_id),
        "replay": reverse("failed-job-replay", args=[letter.pk]),
        "discard": reverse("failed-job-discard", args=[letter.pk]),
    }
    if letter.replay_of:
        links["replay_of"] = failed_job_path(letter.replay_of)
    if letter.redrive_id:
        links["redrive"] = reverse("redrive", args=[letter.redrive_id])
    return links
