"""What the calls about batches answer."""

from typing import NotRequired, TypedDict

from django.urls import reverse

from jobs.api.shared.links import job_path
from jobs.models import Batch
from jobs.services.batches.facts import BatchFacts, batch_facts


class BatchLinks(TypedDict):
    """Where a batch and its jobs are, and what can be done next."""

    self: str
    jobs: str
    success_job: NotRequired[str]
    completion_job: NotRequired[str]
    callback_job: NotRequired[str]
    add_jobs: NotRequired[str]
    close: NotRequired[str]
    cancel: NotRequired[str]


class BatchRepresentation(BatchFacts):
    """The facts of a batch, and where to go on."""

    links: BatchLinks


def batch_representation(batch: Batch) -> BatchRepresentation:
    """The batch as it is. Rows come with `submitted_by`."""
    return {**batch_facts(batch), "links": _links(batch)}


def _links(batch: Batch) -> BatchLinks:
    links: BatchLinks = {
        "self": reverse("batch", args=[batch.pk]),
        "jobs": f"{reverse('jobs')}?batch={batch.pk}",
    }
    if batch.success_job_id is not None:
        links["success_job"] = job_path(batch.success_job_id)
    if batch.completion_job_id is not None:
        links["completion_job"] = job_path(batch.completion_job_id)
    if batch.callback_job_id is not None:
        links["callback_job"] = job_path(batch.callback_job_id)
    if batch.closed_at is None:
        links["add_jobs"] = reverse("batch-jobs", args=[batch.pk])
        links["close"] = reverse("batch-close", args=[batch.pk])
    if batch.completed_at is None:
        links["cancel"] = reverse("batch-cancel", args=[batch.pk])
    return links
