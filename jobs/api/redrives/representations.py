"""What the calls about redrives answer. Sensitive payload fields are masked."""

from typing import Any, NotRequired, TypedDict

from django.contrib.auth import get_user_model
from django.urls import reverse

from jobs.api.shared.moments import written, written_or_none
from jobs.core.selection import CONDITIONS
from jobs.core.states import RedriveState
from jobs.models import Redrive
from jobs.services.dead_letters.payload_change import masked_changes


class RedriveLinks(TypedDict):
    """Where a redrive is, and what can be done next."""

    self: str
    pause: NotRequired[str]
    resume: NotRequired[str]
    cancel: NotRequired[str]


class RedriveFacts(TypedDict):
    """A redrive, how far it has come, and what has become of what it replayed.

    `selection`: which dead letters; `changes`: the payload fields that each job gets. Of `total`,
    `done` were looked at: `replayed`, `refused` (they do not take the changes; `refusal` says why
    the first does not), or `left` (decided about meanwhile). Of the replayed, `succeeded`, `failed`
    (dead again) and `ended_otherwise` have ended, and `pending` have not, as far as is known.
    """

    id: str
    state: str
    state_reason: str | None
    selection: dict[str, Any]
    changes: dict[str, Any] | None
    include_interrupted: bool
    rate: float
    stop_at_percent: int | None
    total: int
    done: int
    replayed: int
    refused: int
    refusal: str | None
    left: int
    succeeded: int
    failed: int
    ended_otherwise: int
    pending: int
    created_by: str | None
    reason: str | None
    created_at: str
    ended_at: str | None
    settled_at: str | None


class RedriveRepresentation(RedriveFacts):
    """The facts of a redrive, and where to go on."""

    links: RedriveLinks


def redrive_facts(redrive: Redrive) -> RedriveFacts:
    """The redrive without links."""
    stored = redrive.selection
    return {
        "id": str(redrive.pk),
        "state": redrive.state,
        "state_reason": redrive.state_reason or None,
        "selection": _shown(stored),
        "changes": redrive.changes and masked_changes(stored.get("type"), redrive.changes),
        "include_interrupted": stored.get("include_interrupted", False),
        "rate": redrive.rate,
        "stop_at_percent": redrive.stop_at_percent,
        "total": redrive.total,
        "done": redrive.done,
        "replayed": redrive.replayed,
        "refused": redrive.refused,
        "refusal": redrive.refusal or None,
        "left": redrive.left,
        "succeeded": redrive.succeeded,
        "failed": redrive.failed,
        "ended_otherwise": redrive.ended_otherwise,
        "pending": redrive.pending,
        "created_by": redrive.created_by_name or None,
        "reason": redrive.reason or None,
        "created_at": written(redrive.created_at),
        "ended_at": written_or_none(redrive.ended_at),
        "settled_at": written_or_none(redrive.settled_at),
    }


def redrive_representation(redrive: Redrive) -> RedriveRepresentation:
    """The redrive as it is."""
    return {**redrive_facts(redrive), "links": _links(redrive)}


def _shown(stored: dict[str, Any]) -> dict[str, Any]:
    """The conditions that the person has chosen, under the names that `POST /redrives` has."""
    shown = {name: stored[name] for name in CONDITIONS if name in stored}
    if "client" in shown:
        users = get_user_model()._default_manager.filter(pk=shown.pop("client"))
        shown["submitted_by"] = next((one.get_username() for one in users), None)
    return shown


def _links(redrive: Redrive) -> RedriveLinks:
    links: RedriveLinks = {"self": reverse("redrive", args=[redrive.pk])}
    if redrive.state == RedriveState.RUNNING:
        links["pause"] = reverse("redrive-pause", args=[redrive.pk])
    if redrive.state in (RedriveState.PAUSED, RedriveState.STOPPED):
        links["resume"] = reverse("redrive-resume", args=[redrive.pk])
    if redrive.state not in (RedriveState.COMPLETED, RedriveState.CANCELLED):
        links["cancel"] = reverse("redrive-cancel", args=[redrive.pk])
    return links
