"""What the calls about jobs answer. Sensitive payload fields are masked."""

from typing import NotRequired, TypedDict

from django.urls import reverse

from jobs.api.jobs.how_to_go_on import how_to_go_on
from jobs.api.shared.links import failed_job_path, job_path
from jobs.api.shared.moments import written_or_none
from jobs.core.states import FINAL_STATES, JobState
from jobs.models import Job
from jobs.services.enqueue import Enqueued
from jobs.services.job_facts import JobDetails, JobFacts, job_details, job_facts


class ReceiptLinks(TypedDict):
    """Where an accepted job is, and its dead letter if it is dead; empty if it is pruned."""

    self: NotRequired[str]
    failed_job: NotRequired[str]


class ReceiptFacts(TypedDict):
    """A job that was just accepted, or had been accepted before (`duplicate`).

    `detail`: how to go on with one that will not run.
    """

    id: str
    type: str
    queue: str | None
    priority: int | None
    state: str
    run_at: str | None
    idempotency_key: str | None
    duplicate: bool
    detail: NotRequired[str]


class JobReceipt(ReceiptFacts):
    """The same, and where the job is."""

    links: ReceiptLinks


class JobLinks(TypedDict):
    """Where a job is, and what can be done next."""

    self: str
    cancel: NotRequired[str]
    failed_job: NotRequired[str]
    replay_of: NotRequired[str]


class JobRepresentation(JobFacts):
    """A job, and what can be done next."""

    links: JobLinks


class SingleJob(JobRepresentation, JobDetails):
    """A job with its details."""


def receipt_facts(accepted: Enqueued) -> ReceiptFacts:
    """A job that was just accepted, without links, for callers that are not clients of HTTP."""
    request = accepted.request
    return {
        "id": accepted.id_text,
        "type": request.type,
        "queue": None if accepted.is_pruned else request.queue,
        "priority": None if accepted.is_pruned else request.priority,
        "state": accepted.state,
        "run_at": written_or_none(accepted.run_at),
        "idempotency_key": request.idempotency_key,
        "duplicate": accepted.duplicate,
    }


def job_receipt(accepted: Enqueued) -> JobReceipt:
    """What a client needs to know of a job that was just accepted."""
    links = receipt_links(accepted, job_path(accepted.job_id))
    receipt: JobReceipt = {**receipt_facts(accepted), "links": links}
    if detail := how_to_go_on(accepted):
        receipt["detail"] = detail
    return receipt


def receipt_links(accepted: Enqueued, path: str) -> ReceiptLinks:
    """The links of an accepted job, which is at `path` unless it is pruned."""
    if accepted.is_pruned:
        return {}
    links: ReceiptLinks = {"self": path}
    if accepted.waiting_letter_id:
        links["failed_job"] = failed_job_path(accepted.waiting_letter_id)
    return links


def job_representation(job: Job) -> JobRepresentation:
    """The job. Rows come with `failed_job_id` for its link, and as `job_facts` wants them."""
    return {**job_facts(job), "links": _links(job)}


def single_job(job: Job) -> SingleJob:
    """The job as `job_representation` shows it, and its details."""
    return {**job_representation(job), **job_details(job)}


def _links(job: Job) -> JobLinks:
    links: JobLinks = {"self": job_path(job.pk)}
    if job.state not in FINAL_STATES:
        links["cancel"] = reverse("job-cancel", args=[job.pk])
    failed_job_id = getattr(job, "failed_job_id", None)
    if failed_job_id and job.state == JobState.DEAD:
        links["failed_job"] = failed_job_path(failed_job_id)
    if job.replay_of:
        links["replay_of"] = failed_job_path(job.replay_of)
    return links
