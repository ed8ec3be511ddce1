"""Pause, resume and cancel in the admin: each is confirmed, with a reason, on a page of its own."""

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from jobs.admin.shared.decision import Decision, confirmation, is_confirmed
from jobs.admin.shared.reason import REASON_MAX, text_in
from jobs.admin.shared.theme import ModelAdmin
from jobs.core.actor import actor_of
from jobs.core.redrive_errors import RedriveEnded
from jobs.core.states import RedriveState
from jobs.models import Redrive
from jobs.services.redrives import redrive_cancel, redrive_pause, redrive_resume

PAUSE = Decision("pause", "paused", "pause_selected", redrive_pause)
RESUME = Decision("resume", "resumed", "resume_selected", redrive_resume)
CANCEL = Decision("cancel", "cancelled", "cancel_selected", redrive_cancel)

_OFFERED = {
    RedriveState.RUNNING: (PAUSE, CANCEL),
    RedriveState.PAUSED: (RESUME, CANCEL),
    RedriveState.STOPPED: (RESUME, CANCEL),
}


def decisions_about(redrive: Redrive) -> tuple[Decision, ...]:
    """What can be decided about a redrive in its state."""
    return _OFFERED.get(RedriveState(redrive.state), ())


def confirm_and_decide(
    model_admin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Redrive],
    decision: Decision,
) -> HttpResponse | None:
    """The confirmation page; once that is confirmed, decides, and says so.

    None sends the person back to the list, where it is said.
    """
    redrives = list(queryset.order_by("id"))
    counted = "1 redrive" if len(redrives) == 1 else f"{len(redrives)} redrives"
    if not is_confirmed(request):
        left = sum(one.total - one.done for one in redrives)
        return confirmation(
            model_admin,
            request,
            decision,
            redrives,
            counted=counted,
            left=max(0, left),
            reason_max=REASON_MAX,
        )
    reason = text_in(request)
    done = sum(_decide(model_admin, request, one, decision, reason) for one in redrives)
    if done:
        noun = "1 redrive is" if done == 1 else f"{done} redrives are"
        model_admin.message_user(request, f"{noun} {decision.participle}.", level=messages.SUCCESS)
    return None


def _decide(
    model_admin: ModelAdmin, request: HttpRequest, redrive: Redrive, decision: Decision, reason: str
) -> bool:
    try:
        with transaction.atomic():  # the decision and its log entry, or neither
            decided = decision.service(
                redrive_id=redrive.id, actor=actor_of(request.user), reason=reason
            )
            model_admin.log_change(request, decided, f"{decision.participle.capitalize()}.")
    except RedriveEnded as error:
        model_admin.message_user(request, f"{redrive}: {error}.", level=messages.WARNING)
        return False
    return True
