"""Pause and resume in the admin: each is confirmed, with a reason, on a page of its own."""

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from jobs.admin.shared.decision import Decision, confirmation, is_confirmed
from jobs.admin.shared.theme import ModelAdmin
from jobs.core.actor import actor_of
from jobs.models import Queue
from jobs.services.queues import queue_pause, queue_resume

# Characters, as in the API.
REASON_MAX = 500


PAUSE = Decision("pause", "paused", "pause_selected", queue_pause)
RESUME = Decision("resume", "resumed", "resume_selected", queue_resume)


def confirm_and_decide(
    model_admin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Queue],
    decision: Decision,
) -> HttpResponse | None:
    """The confirmation page; once that is confirmed, pauses or resumes, and says so.

    None sends the person back to the list, where it is said.
    """
    queues = list(queryset.order_by("name"))
    names = ", ".join(queue.name for queue in queues)
    if not is_confirmed(request):
        return confirmation(
            model_admin, request, decision, queues, counted=names, reason_max=REASON_MAX
        )
    reason = request.POST.get("reason", "").replace("\x00", "").strip()[:REASON_MAX]
    for queue in queues:
        with transaction.atomic():  # the decision and its log entry, or neither
            decided = decision.service(name=queue.name, actor=actor_of(request.user), reason=reason)
            model_admin.log_change(request, decided, f"{decision.participle.capitalize()}.")
    model_admin.message_user(
        request, f"{decision.participle.capitalize()}: {names}.", level=messages.SUCCESS
    )
    return None
