"""What the calls about batches answer."""

from typing import Any, NotRequired, TypedDict

from django.urls import reverse

from jobs.api.shared.links import job_path
from jobs.api.shared.moments import written, written_or_none
from jobs.models import Batch


class CallbackRepresentation(TypedDict):
    """A callback of a batch, and the job that was made of it. Its payload is not shown."""

    type: str
    queue: str
    job_id: str | None


class BatchLinks(TypedDict):
    """Where a batch and its jobs are, and what can be done next."""

    self: str
    jobs: str
    success_job: NotRequired[str]
    completion_job: NotRequired[str]
    add_jobs: NotRequired[str]
    close: NotRequired[str]
    cancel: NotRequired[str]


class BatchFacts(TypedDict):
    """A batch, and how far it has come.

    `failed` counts dead jobs; `skipped` ones had their effect done by another job.
    """

    id: str
    name: str
    state: str
    total: int
    done: int
    succeeded: int
    skipped: int
    failed: int
    cancelled: int
    expired: int
    on_success: CallbackRepresentation | None
    on_completion: CallbackRepresentation | None
    created_at: str
    closed_at: str | None
    completed_at: str | None
    cancel_requested_at: str | None
    cancelled_by: str | None
    submitted_by: str | None


class BatchRepresentation(BatchFacts):
    """The facts of a batch, and where to go on."""

    links: BatchLinks


def batch_representation(batch: Batch) -> BatchRepresentation:
    """The batch as it is. Rows come with `submitted_by`."""
    return {**batch_facts(batch), "links": _links(batch)}


def batch_facts(batch: Batch) -> BatchFacts:
    """The batch without links of its own. Rows come with `submitted_by`."""
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


def _links(batch: Batch) -> BatchLinks:
    links: BatchLinks = {
        "self": reverse("batch", args=[batch.pk]),
        "jobs": f"{reverse('jobs')}?batch={batch.pk}",
    }
    if batch.success_job_id is not None:
        links["success_job"] = job_path(batch.success_job_id)
    if batch.completion_job_id is not None:
        links["completion_job"] = job_path(batch.completion_job_id)
    if batch.closed_at is None:
        links["add_jobs"] = reverse("batch-jobs", args=[batch.pk])
        links["close"] = reverse("batch-close", args=[batch.pk])
    if batch.completed_at is None:
        links["cancel"] = reverse("batch-cancel", args=[batch.pk])
    return links
