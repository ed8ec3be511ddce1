"""A batch counts its jobs as they end; the last one enqueues the callbacks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models.functions import Coalesce, Now

from jobs.core.stored_job import new_job_of
from jobs.models import Batch, Job
from jobs.models.batch import ENDS
from jobs.services.callbacks import batch_call_back
from jobs.services.enqueue.enqueue_counts import BATCH
from jobs.services.enqueue.insert import insert_batch
from jobs.services.tracing import tracing
from jobs.sql.statements import run


def batch_count(*, batch_id: UUID, counts: Mapping[str, int], cause: UUID | None = None) -> None:
    """Adds to the counters of a batch, and completes it with the last job.

    `counts`: by name of the counter; `added`: jobs of chains that have come to it; `cause`: one of
    the jobs that have ended. In the present
    transaction, which holds the lock on the batch from here on. A batch that is pruned counts
    nothing.
    """
    values = {name: counts.get(name, 0) for name in ("added", *ENDS)}
    rows = run("count_in_batch", id=batch_id, **values)
    if rows and rows[0][0]:
        batch_complete(batch_id, cause)


def batch_complete(batch_id: UUID, cause: UUID | None = None) -> None:
    """Enqueues the callbacks that are due, each once in the life of the batch.

    The present transaction holds the lock on the batch; it is closed, and all its jobs have ended.
    The callback of a success may come later than the others: with the success of the last dead
    letter that was replayed.
    """
    batch = Batch.objects.get(id=batch_id)
    is_first = batch.completed_at is None
    changes: dict[str, Any] = {}
    if is_first and batch.on_completion:
        changes["completion_job_id"] = _enqueue(batch, batch.on_completion, cause)
    is_success = batch.succeeded + batch.skipped >= batch.total
    if is_success and batch.on_success and batch.success_job_id is None:
        changes["success_job_id"] = _enqueue(batch, batch.on_success, cause)
    Batch.objects.filter(id=batch_id).update(
        completed_at=Coalesce("completed_at", Now()), **changes
    )
    if is_first and batch.callback_url is not None:
        completed = Batch.objects.select_related("submitted_by").get(id=batch_id)
        Batch.objects.filter(id=batch_id).update(callback_job_id=batch_call_back(completed))


def _enqueue(batch: Batch, stored: dict[str, Any], cause: UUID | None) -> UUID:
    """The job is as it was checked when the batch was made, and tells its handler of the batch."""
    new = new_job_of(stored, batch.submitted_by_id)
    if (spans := tracing()) is not None:
        new = spans.followed(new, cause)
    [enqueued] = insert_batch([new], source=BATCH)
    if not enqueued.duplicate:
        Job.objects.filter(id=enqueued.job_id).update(
            given={"batch": _told(batch)}, client_left_at=batch.client_left_at
        )
    return enqueued.job_id


def _told(batch: Batch) -> dict[str, Any]:
    """What `context.batch` says."""
    counts = {name: getattr(batch, name) for name in ("total", *ENDS)}
    return {"id": str(batch.id), "name": batch.name, **counts}
