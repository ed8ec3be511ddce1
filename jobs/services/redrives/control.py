"""A redrive is paused, resumed or cancelled. What it has replayed stays replayed."""

from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from jobs.core.actor import CODE, Actor
from jobs.core.redrive_errors import RedriveEnded
from jobs.core.selection import Selection
from jobs.core.states import RedriveState
from jobs.models import Redrive
from jobs.services.events import event_record
from jobs.services.redrives.selected import check_may_replay
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts

_ENDED = frozenset({RedriveState.CANCELLED, RedriveState.COMPLETED})


@repeats_conflicts
def redrive_pause(*, redrive_id: UUID, actor: Actor = CODE, reason: str = "") -> Redrive:
    """running -> paused: once this returns, nothing more is replayed. Returns the redrive.

    A redrive that is paused, or was stopped, stays as it is. `actor`: who asked, and `reason`: why.
    Raises RedriveEnded, Redrive.DoesNotExist.
    """
    with short_transaction():
        redrive = _locked(redrive_id)
        if redrive.state == RedriveState.RUNNING:
            _move(redrive, RedriveState.PAUSED, actor, reason)
    return redrive


@repeats_conflicts
def redrive_resume(*, redrive_id: UUID, actor: Actor = CODE, reason: str = "") -> Redrive:
    """paused or stopped -> running, from where it was. Returns the redrive.

    What failed before counts no longer for an automatic stop. Raises RedriveEnded,
    SubmissionNotAllowed, Redrive.DoesNotExist.
    """
    with short_transaction():
        redrive = _locked(redrive_id)
        check_may_replay(Selection.of(redrive.selection))
        if redrive.state != RedriveState.RUNNING:
            changes = {
                "paced_at": Now(),
                "recent": 0,
                "recent_failed": 0,
                "ended_at": None,
                "settled_at": None,
            }
            _move(redrive, RedriveState.RUNNING, actor, reason, **changes)
    return redrive


@repeats_conflicts
def redrive_cancel(*, redrive_id: UUID, actor: Actor = CODE, reason: str = "") -> Redrive:
    """Ends a redrive: what it has not replayed goes on waiting for a person. Returns it.

    Raises RedriveEnded if it is completed, Redrive.DoesNotExist.
    """
    with short_transaction():
        redrive = Redrive.objects.select_for_update().get(id=redrive_id)
        if redrive.state == RedriveState.COMPLETED:
            raise RedriveEnded(redrive.state)
        if redrive.state != RedriveState.CANCELLED:
            _move(redrive, RedriveState.CANCELLED, actor, reason, ended_at=Now())
    return redrive


def redrive_stop(redrive: Redrive, reason: str) -> None:
    """running -> stopped, by the machine. In the present transaction, which has locked the row."""
    _move(redrive, RedriveState.STOPPED, CODE, reason, ended_at=Now())


def redrive_complete(redrive: Redrive) -> None:
    """running -> completed: everything that is there was looked at. As `redrive_stop`."""
    gone = redrive.total - redrive.done
    reason = f"{gone} of {redrive.total} {_GONE}" if gone > 0 else ""
    _move(redrive, RedriveState.COMPLETED, CODE, reason, ended_at=Now())


_GONE = "were not found any more: decided about, pruned, or of an account that was deleted"


def _locked(redrive_id: UUID) -> Redrive:
    redrive = Redrive.objects.select_for_update().get(id=redrive_id)
    if redrive.state in _ENDED:
        raise RedriveEnded(redrive.state)
    return redrive


_PARTICIPLES = {RedriveState.RUNNING: "resumed"}


def _move(redrive: Redrive, state: RedriveState, actor: Actor, reason: str, **changes: Any) -> None:
    before = _shown(redrive)
    Redrive.objects.filter(id=redrive.id).update(state=state, state_reason=reason, **changes)
    redrive.refresh_from_db()
    event_record(
        action=f"redrive.{_PARTICIPLES.get(state, state.value)}",
        subject_type="redrive",
        subject_id=redrive.id,
        actor=actor,
        reason=reason,
        before=before,
        after=_shown(redrive),
    )


def _shown(redrive: Redrive) -> dict[str, Any]:
    """What a move changes, and how far it had come, as its event shows it."""
    return {"state": redrive.state, "done": redrive.done, "total": redrive.total}
