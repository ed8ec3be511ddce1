"""A batch as people may see it: in answers, on the command line, in the bodies of calls."""

from typing import Any, TypedDict

from jobs.core.states import BatchState
from jobs.models import Batch
from jobs.services.written import written, written_or_none


class CallbackRepresentation(TypedDict):
    """A callback of a batch, and the job that was made of it. Its payload is not shown."""

    type: str
    queue: str
    job_id: str | None


class BatchFacts(TypedDict):
    """A batch, and how far it has come.

    `failed` counts dead jobs; `skipped` ones had their effect done by another job.
    """

    id: str
    name: str
    state: BatchState
    total: int
    done: int
    succeeded: int
    skipped: int
    failed: int
    cancelled: int
    expired: int
    on_success: CallbackRepresentation | None
    on_completion: CallbackRepresentation | None
    callback_url: str | None
    created_at: str
    closed_at: str | None
    completed_at: str | None
    cancel_requested_at: str | None
    cancelled_by: str | None
    submitted_by: str | None


def batch_facts(batch: Batch) -> BatchFacts:
    """The batch as it is. Rows come with `submitted_by`."""
    client = batch.submitted_by
    return {
        "id": str(batch.pk),
        "name": batch.name,
        "state": batch.state,
        "total": batch.total,
        "done": batch.done,
        "succeeded": batch.succeeded,
        "skipped": batch.skipped,
        "failed": batch.failed,
        "cancelled": batch.cancelled,
        "expired": batch.expired,
        "on_success": _callback(batch.on_success, batch.success_job_id),
        "on_completion": _callback(batch.on_completion, batch.completion_job_id),
        "callback_url": batch.callback_url,
        "created_at": written(batch.created_at),
        "closed_at": written_or_none(batch.closed_at),
        "completed_at": written_or_none(batch.completed_at),
        "cancel_requested_at": written_or_none(batch.cancel_requested_at),
        "cancelled_by": batch.cancelled_by or None,
        "submitted_by": client.get_username() if client else None,
    }


def _callback(stored: dict[str, Any] | None, job_id: Any) -> CallbackRepresentation | None:
    if stored is None:
        return None
    return {
        "type": stored["type"],
        "queue": stored["queue"],
        "job_id": str(job_id) if job_id else None,
    }
