"""What staff decide about dead letters: replay or discard, each confirmed on a page of its own."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.admin.shared.read_only import ModelAdmin
from jobs.core.errors import DeadLetterResolved
from jobs.core.states import DeathReason
from jobs.models import DeadLetter
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay

# One request decides about so many at most: it must end in time, and Django takes no more
# than a thousand form fields.
DECIDED_AT_ONCE = 500


@dataclass(frozen=True)
class Decision:
    """One of the two verbs. `action` is the name of the admin action."""

    verb: str
    done: str
    action: str
    service: Callable[..., DeadLetter]


REPLAY = Decision("replay", "replayed", "replay_selected", dead_letter_replay)
DISCARD = Decision("discard", "discarded", "discard_selected", dead_letter_discard)


def decide(
    model_admin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[DeadLetter],
    decision: Decision,
) -> HttpResponse | None:
    """Asks for confirmation first; once confirmed, decides about each dead letter and reports."""
    if request.POST.get("confirmed") != "yes":
        return _confirmation(model_admin, request, _selected(request, queryset), decision)
    ids = [UUID(one) for one in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    results = Counter(_decide_one(model_admin, request, one, decision) for one in ids)
    _report(model_admin, request, results, decision)
    return None


def _selected(request: HttpRequest, queryset: QuerySet[DeadLetter]) -> list[DeadLetter]:
    """The chosen dead letters, also those that have left the filtered list meanwhile."""
    if request.POST.get("select_across") != "1":
        queryset = DeadLetter.objects.filter(id__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
    return list(queryset.order_by("-id").defer("payload", "attempts")[:DECIDED_AT_ONCE])


def _confirmation(
    model_admin: ModelAdmin, request: HttpRequest, letters: list[DeadLetter], decision: Decision
) -> HttpResponse:
    waiting = [letter for letter in letters if not letter.resolution]
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(
        request,
        "admin/jobs/deadletter/confirm.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": f"{decision.verb.capitalize()} {_so_many(len(waiting))}?",
            "opts": DeadLetter._meta,
            "media": model_admin.media,
            "decision": decision,
            "letters": letters,
            "waiting": waiting,
            "unknown": [one for one in waiting if one.reason == DeathReason.INTERRUPTED],
            "is_full": len(letters) == DECIDED_AT_ONCE,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        },
    )


def _decide_one(
    model_admin: ModelAdmin, request: HttpRequest, letter_id: UUID, decision: Decision
) -> str:
    """What became of it: this decision, an earlier one, or `gone`."""
    try:
        with transaction.atomic():  # the decision and who made it, or neither
            letter = decision.service(dead_letter_id=letter_id, resolved_by_id=request.user.pk)
            model_admin.log_change(request, letter, f"{decision.done.capitalize()}.")
    except DeadLetterResolved as error:
        return f"already {error.resolution}"
    except DeadLetter.DoesNotExist:
        return "gone"
    return decision.done


def _report(
    model_admin: ModelAdmin, request: HttpRequest, results: Counter[str], decision: Decision
) -> None:
    if done := results.pop(decision.done, 0):
        model_admin.message_user(
            request, f"{_so_many(done)} {decision.done}.", level=messages.SUCCESS
        )
    for result, number in sorted(results.items()):
        was = "was" if number == 1 else "were"
        model_admin.message_user(
            request,
            f"{_so_many(number)} {was} {result}: nothing was done about "
            f"{'it' if number == 1 else 'them'}.",
            level=messages.WARNING,
        )


def _so_many(number: int) -> str:
    return f"{number:,} dead {'letter' if number == 1 else 'letters'}"
