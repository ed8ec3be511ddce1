"""Replay and discard in the admin: each is confirmed on a page of its own before it is applied."""

from collections import Counter
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from jobs.admin.shared.decision import Decision, confirmation, is_confirmed
from jobs.admin.shared.reason import text_in
from jobs.admin.shared.sent_once import was_sent_before
from jobs.admin.shared.theme import ModelAdmin
from jobs.core.actor import REASON_MAX
from jobs.core.errors import DeadLetterResolved, JobNotDead
from jobs.core.states import DeathReason
from jobs.models import DeadLetter
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import is_contention, repeats_conflicts

# Dead letters to which one request applies a decision at most: it must end before gunicorn's
# timeout, and Django takes no more than a thousand form fields.
APPLIED_AT_ONCE = 500


# Their services take `dead_letter_id` and `resolved_by_id`, and raise DeadLetterResolved,
# JobNotDead and DeadLetter.DoesNotExist.
REPLAY = Decision("replay", "replayed", "replay_selected", dead_letter_replay)
DISCARD = Decision(
    "discard", "discarded", "discard_selected", dead_letter_discard, is_destructive=True
)


def confirm_and_apply(
    model_admin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[DeadLetter],
    decision: Decision,
) -> HttpResponse | None:
    """The confirmation page; once that is confirmed, applies the decision and reports the counts.

    None sends the person back to the list, where the report is shown.
    """
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
    if not is_confirmed(request, len(chosen)):
        return _confirmation(model_admin, request, _selected(request, queryset), decision)
    if was_sent_before(model_admin, request):
        return None
    ids = [UUID(one) for one in chosen]
    reason = text_in(request)
    results = Counter(_apply(model_admin, request, one, decision, reason) for one in ids)
    _report(model_admin, request, results, decision)
    return None


def _selected(request: HttpRequest, queryset: QuerySet[DeadLetter]) -> list[DeadLetter]:
    """The selected dead letters, also those that have left the filtered list meanwhile."""
    if request.POST.get("select_across") != "1":
        queryset = DeadLetter.objects.filter(id__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
    return list(queryset.order_by("-id").defer("payload", "attempts")[:APPLIED_AT_ONCE])


def _confirmation(
    model_admin: ModelAdmin, request: HttpRequest, letters: list[DeadLetter], decision: Decision
) -> HttpResponse:
    waiting = [letter for letter in letters if not letter.resolution]
    return confirmation(
        model_admin,
        request,
        decision,
        letters,
        counted=_counted(len(waiting)),
        can_be_confirmed=bool(waiting),
        unknown=[one for one in waiting if one.reason == DeathReason.INTERRUPTED],
        is_full=len(letters) == APPLIED_AT_ONCE,
        reason_max=REASON_MAX,
        count=len(letters),
    )


def _apply(
    model_admin: ModelAdmin, request: HttpRequest, letter_id: UUID, decision: Decision, reason: str
) -> str:
    """What became of the dead letter: this decision, an earlier one, or `gone`."""

    @repeats_conflicts
    def decide() -> None:
        with short_transaction():  # the decision and its log entry, or neither
            letter = decision.service(
                dead_letter_id=letter_id, resolved_by_id=request.user.pk, reason=reason
            )
            model_admin.log_change(request, letter, f"{decision.participle.capitalize()}.")

    try:
        decide()
    except OperationalError as error:
        if not is_contention(error):
            raise
        return "held by another change at this moment"
    except DeadLetterResolved as error:
        return f"already {error.resolution}"
    except JobNotDead as error:
        return f"kept, because its job is {error.state}"
    except DeadLetter.DoesNotExist:
        return "gone"
    return decision.participle


def _report(
    model_admin: ModelAdmin, request: HttpRequest, results: Counter[str], decision: Decision
) -> None:
    if done := results.pop(decision.participle, 0):
        model_admin.message_user(
            request, f"{_counted(done)} {decision.participle}.", level=messages.SUCCESS
        )
    for result, number in sorted(results.items()):
        was = "was" if number == 1 else "were"
        model_admin.message_user(
            request,
            f"{_counted(number)} {was} {result}: nothing was done about "
            f"{'it' if number == 1 else 'them'}.",
            level=messages.WARNING,
        )


def _counted(number: int) -> str:
    return f"{number:,} dead {'letter' if number == 1 else 'letters'}"
