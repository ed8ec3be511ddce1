"""Cancelling batches in the admin: confirmed, with a reason, on a page of its own."""

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from jobs.admin.shared.decision import Decision, confirmation, is_confirmed
from jobs.admin.shared.theme import ModelAdmin
from jobs.core.actor import actor_of
from jobs.core.batch_errors import BatchCompleted
from jobs.models import Batch
from jobs.services.batches import batch_cancel

# Characters.
REASON_MAX = 500

CANCEL = Decision("cancel", "cancelled", "cancel_selected", batch_cancel)


def confirm_and_cancel(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Batch]
) -> HttpResponse | None:
    """The confirmation page; once that is confirmed, cancels, and says so.

    None sends the person back to the list, where it is said.
    """
    batches = list(queryset.order_by("id"))
    counted = f"{len(batches)} batch" if len(batches) == 1 else f"{len(batches)} batches"
    if not is_confirmed(request):
        left = sum(batch.total - batch.done for batch in batches)
        return confirmation(
            model_admin,
            request,
            CANCEL,
            batches,
            counted=counted,
            left=left,
            reason_max=REASON_MAX,
        )
    reason = request.POST.get("reason", "").replace("\x00", "").strip()[:REASON_MAX]
    done = sum(_cancel(model_admin, request, batch, reason) for batch in batches)
    if done:
        noun = "batch is" if done == 1 else "batches are"
        model_admin.message_user(request, f"{done} {noun} being cancelled.", level=messages.SUCCESS)
    return None


def _cancel(model_admin: ModelAdmin, request: HttpRequest, batch: Batch, reason: str) -> bool:
    try:
        with transaction.atomic():  # the decision and its log entry, or neither
            cancelled = batch_cancel(batch_id=batch.id, actor=actor_of(request.user), reason=reason)
            model_admin.log_change(request, cancelled, "Cancelled.")
    except BatchCompleted as error:
        model_admin.message_user(request, f"Batch {batch}: {error}.", level=messages.WARNING)
        return False
    return True
