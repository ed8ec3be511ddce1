"""What staff decide about redrives: pause, resume, cancel."""

from typing import Any

from jobs.admin.shared.decision import Decision
from jobs.core.actor import Actor
from jobs.core.states import RedriveState
from jobs.models import Redrive
from jobs.services.redrives import redrive_cancel, redrive_pause, redrive_resume

PAUSE = Decision("pause", "paused", "pause_selected", redrive_pause)
RESUME = Decision("resume", "resumed", "resume_selected", redrive_resume)
CANCEL = Decision("cancel", "cancelled", "cancel_selected", redrive_cancel, is_destructive=True)

_OFFERED = {
    RedriveState.RUNNING: (PAUSE, CANCEL),
    RedriveState.PAUSED: (RESUME, CANCEL),
    RedriveState.STOPPED: (RESUME, CANCEL),
}


def decisions_about(redrive: Redrive) -> tuple[Decision, ...]:
    """What can be decided about a redrive in its state."""
    return _OFFERED.get(RedriveState(redrive.state), ())


def pause(redrive: Redrive, actor: Actor, reason: str) -> Redrive:
    """Raises RedriveEnded, Redrive.DoesNotExist."""
    return redrive_pause(redrive_id=redrive.pk, actor=actor, reason=reason)


def resume(redrive: Redrive, actor: Actor, reason: str) -> Redrive:
    """Raises RedriveEnded, Redrive.DoesNotExist."""
    return redrive_resume(redrive_id=redrive.pk, actor=actor, reason=reason)


def cancel(redrive: Redrive, actor: Actor, reason: str) -> Redrive:
    """Raises RedriveEnded, Redrive.DoesNotExist."""
    return redrive_cancel(redrive_id=redrive.pk, actor=actor, reason=reason)


def about(redrives: list[Redrive]) -> dict[str, Any]:
    """How many dead letters they have not looked at."""
    return {"left": max(0, sum(one.total - one.done for one in redrives))}
