"""A batch is cancelled as a whole."""

from uuid import UUID

from django.db.models.functions import Coalesce, Now

from jobs.core.actor import CODE, Actor
from jobs.core.batch_errors import BatchCompleted
from jobs.models import Batch
from jobs.services.batches.counting import batch_complete
from jobs.services.events import event_record
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts


@repeats_conflicts
def batch_cancel(*, batch_id: UUID, actor: Actor = CODE, reason: str = "") -> Batch:
    """Closes a batch and asks for its end; a timer of the workers cancels its jobs, in slices.

    Jobs that run are asked to stop. Once all have ended, the batch is completed, and its callback
    for that runs. Asking again changes nothing. Raises BatchCompleted, Batch.DoesNotExist.
    """
    with short_transaction():
        batch = Batch.objects.select_for_update().get(id=batch_id)
        if batch.completed_at is not None:
            raise BatchCompleted(batch_id)
        if batch.cancel_requested_at is None:
            Batch.objects.filter(id=batch_id).update(
                cancel_requested_at=Now(),
                cancelled_by=actor.name,
                closed_at=Coalesce("closed_at", Now()),
            )
            event_record(
                action="batch.cancelled",
                subject_type="batch",
                subject_id=batch_id,
                actor=actor,
                reason=reason,
                before={"state": batch.state, "done": batch.done, "total": batch.total},
                after={"cancel_requested": True},
            )
            if batch.done >= batch.total:
                batch_complete(batch_id)
            batch.refresh_from_db()
    return batch
