"""Pause and resume in the admin: each is confirmed, with a reason, on a page of its own."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.admin.shared.read_only import ModelAdmin
from jobs.core.actor import actor_of
from jobs.models import Queue
from jobs.services.queues import queue_pause, queue_resume

# Characters, as in the API.
REASON_MAX = 500


@dataclass(frozen=True)
class Decision:
    """What a person may decide about a queue.

    `verb` and `participle` name it in texts, `action` is the name of the admin action; `service`
    takes `name`, `actor` and `reason`.
    """

    verb: str
    participle: str
    action: str
    service: Callable[..., Queue]


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
    if request.POST.get("confirmed") != "yes":
        return _confirmation(model_admin, request, queues, decision)
    reason = request.POST.get("reason", "").replace("\x00", "").strip()[:REASON_MAX]
    for queue in queues:
        with transaction.atomic():  # the decision and its log entry, or neither
            decided = decision.service(name=queue.name, actor=actor_of(request.user), reason=reason)
            model_admin.log_change(request, decided, f"{decision.participle.capitalize()}.")
    names = ", ".join(queue.name for queue in queues)
    model_admin.message_user(
        request, f"{decision.participle.capitalize()}: {names}.", level=messages.SUCCESS
    )
    return None


def _confirmation(
    model_admin: ModelAdmin, request: HttpRequest, queues: list[Queue], decision: Decision
) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(
        request,
        "admin/jobs/queue/confirm.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": f"{decision.verb.capitalize()} {', '.join(one.name for one in queues)}?",
            "opts": Queue._meta,
            "media": model_admin.media,
            "decision": decision,
            "subjects": queues,
            "can_be_confirmed": True,
            "reason_max": REASON_MAX,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        },
    )
