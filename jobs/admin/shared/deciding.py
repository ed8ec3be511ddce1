"""One decision about each of several records: confirmed, with a reason, and counted."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import OperationalError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from jobs.admin.shared.decision import Decision, confirmation, is_confirmed
from jobs.admin.shared.reason import text_in
from jobs.admin.shared.sent_once import was_sent_before
from jobs.admin.shared.theme import ModelAdmin
from jobs.core.actor import REASON_MAX, Actor, actor_of
from jobs.core.errors import JobsError
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import is_contention, repeats_conflicts

# Records that one request decides about: it must end before the server gives it up.
DECIDED_AT_ONCE = 500
# What a person is told of one by one; a longer list nobody reads.
REFUSALS_SHOWN = 5

Apply = Callable[[Any, Actor, str], Model]
"""Decides about one record, with who decides and why; returns what it is now."""


def confirm_and_decide(
    model_admin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Any],
    decision: Decision,
    apply: Apply,
    *,
    needs_reason: bool = False,
    about: Callable[[list[Any]], dict[str, Any]] = lambda records: {},
) -> HttpResponse | None:
    """The confirmation page; once that is confirmed, applies the decision and says what was done.

    `about`: what the page says of the records beside their names. Above a hundred records the
    number must be typed. Returns None to send the person back to the list, where it is said.
    """
    records = _selected(queryset, request)
    reason = text_in(request)
    if not is_confirmed(request, len(records)) or (needs_reason and not reason):
        return confirmation(
            model_admin,
            request,
            decision,
            records,
            counted=_counted(model_admin, len(records)),
            count=len(records),
            reason_max=REASON_MAX,
            needs_reason=needs_reason,
            is_full=len(records) == DECIDED_AT_ONCE,
            can_be_confirmed=bool(records),
            **about(records),
        )
    if was_sent_before(model_admin, request):
        return None
    refused: dict[str, list[Any]] = {}
    for record in records:
        if said := _decide(model_admin, request, record, decision, apply, reason):
            refused.setdefault(said, []).append(record)
    _report(model_admin, request, decision, len(records), refused)
    return None


def _selected(queryset: QuerySet[Any], request: HttpRequest) -> list[Any]:
    """The selected records, also those that have left the filtered list meanwhile."""
    if request.POST.get("select_across") != "1":
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        queryset = queryset.model._default_manager.filter(pk__in=chosen)
    return list(queryset.order_by("-pk")[:DECIDED_AT_ONCE])


def _decide(
    model_admin: ModelAdmin,
    request: HttpRequest,
    record: Any,
    decision: Decision,
    apply: Apply,
    reason: str,
) -> str | None:
    """Why it was refused; None if it was done."""

    @repeats_conflicts
    def decide() -> None:
        with short_transaction():  # the decision and its log entry, or neither
            decided = apply(record, actor_of(request.user), reason)
            model_admin.log_change(request, decided, f"{decision.participle.capitalize()}.")

    try:
        decide()
    except OperationalError as error:
        if not is_contention(error):
            raise
        return "another change holds it at this moment"
    except model_admin.model.DoesNotExist:
        return "it is gone"
    except JobsError as error:
        return str(error)
    return None


def _report(
    model_admin: ModelAdmin,
    request: HttpRequest,
    decision: Decision,
    asked: int,
    refused: dict[str, list[Any]],
) -> None:
    if done := asked - sum(map(len, refused.values())):
        said = f"{_counted(model_admin, done)} {decision.participle}."
        model_admin.message_user(request, said, level=messages.SUCCESS)
    for sentence, records in list(refused.items())[:REFUSALS_SHOWN]:
        named = (
            f"{capfirst(model_admin.opts.verbose_name)} {records[0]}"
            if len(records) == 1
            else f"{_counted(model_admin, len(records))} not {decision.participle}"
        )
        model_admin.message_user(request, f"{named}: {sentence}.", level=messages.WARNING)
    if others := sum(len(records) for records in list(refused.values())[REFUSALS_SHOWN:]):
        said = f"{_counted(model_admin, others)} not {decision.participle} for other reasons."
        model_admin.message_user(request, said, level=messages.WARNING)


def _counted(model_admin: ModelAdmin, number: int) -> str:
    meta = model_admin.opts
    noun = meta.verbose_name if number == 1 else meta.verbose_name_plural
    return f"{number:,} {noun}"
