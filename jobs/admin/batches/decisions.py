"""What staff decide about batches: that they are cancelled."""

from typing import Any

from jobs.admin.shared.decision import Decision
from jobs.core.actor import Actor
from jobs.models import Batch
from jobs.services.batches import batch_cancel

CANCEL = Decision("cancel", "cancelled", "cancel_selected", batch_cancel, is_destructive=True)


def cancel(batch: Batch, actor: Actor, reason: str) -> Batch:
    """Raises BatchCompleted, Batch.DoesNotExist."""
    return batch_cancel(batch_id=batch.pk, actor=actor, reason=reason)


def about(batches: list[Batch]) -> dict[str, Any]:
    """How many jobs have not ended."""
    return {"left": sum(one.total - one.done for one in batches)}
