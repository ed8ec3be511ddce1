"""Counters of batches are put right, from the rows of their jobs."""

from uuid import UUID

from django.db.models import Count

from jobs.core.states import JobState
from jobs.models import Batch, Job
from jobs.services.batches.counting import batch_complete
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import run

_COUNTED_BY = {
    JobState.SUCCEEDED.value: "succeeded",
    JobState.SKIPPED.value: "skipped",
    JobState.DEAD.value: "failed",
    JobState.CANCELLED.value: "cancelled",
    JobState.EXPIRED.value: "expired",
}


def batches_repair() -> int:
    """Counts anew what `verify_jobs` finds wrong, and completes what should be; returns how many.

    A batch of which jobs were pruned keeps its counters.
    """
    wrong = [UUID(subject) for subject, problem in run("verify_batches") if problem]
    return sum(_repair(batch_id) for batch_id in wrong)


@repeats_conflicts
def _repair(batch_id: UUID) -> bool:
    with short_transaction():
        # No job of it ends while this is locked: ending one counts it here.
        batch = Batch.objects.select_for_update().filter(id=batch_id).first()
        if batch is None:
            return False
        counts = dict(
            Job.objects.filter(batch_id=batch_id)
            .order_by()
            .values_list("state")
            .annotate(count=Count("id"))
        )
        if sum(counts.values()) >= batch.total:
            changes = {name: counts.get(state, 0) for state, name in _COUNTED_BY.items()}
            Batch.objects.filter(id=batch_id).update(total=sum(counts.values()), **changes)
            batch.refresh_from_db()
        if batch.closed_at is not None and batch.done >= batch.total:
            batch_complete(batch_id)
    return True
