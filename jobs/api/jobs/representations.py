"""What the calls about jobs answer. Sensitive payload fields are masked."""

from typing import Any, NotRequired, TypedDict

from django.urls import reverse

from jobs.api.shared.links import failed_job_path, job_path
from jobs.api.shared.moments import written, written_or_none
from jobs.core.attempt_error import error_summary
from jobs.core.correlation import traceparent_of
from jobs.core.states import FINAL_STATES, JobState
from jobs.models import Job
from jobs.services.enqueue import Enqueued
from jobs.services.progress import ShownProgress, job_progress
from jobs.services.results import job_result
from jobs.services.visibility import masked_payload
from jobs.services.waiting_for import job_waiting_for


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


class JobFacts(TypedDict):
    """A job."""

    id: str
    type: str
    queue: str
    priority: int
    state: str
    attempt: int
    max_retries: int
    idempotency_key: str | None
    payload: dict[str, Any]
    run_at: str
    expires_at: str | None
    created_at: str
    claimed_at: str | None
    cancel_requested_at: str | None
    cancelled_by: str | None
    finished_at: str | None
    submitted_by: str | None
    worker: str | None
    error: str | None
    done_by: str | None
    schedule: str | None
    batch: str | None


class JobRepresentation(JobFacts):
    """A job, and what can be done next."""

    links: JobLinks


class JobDetails(TypedDict):
    """What is told of a single job only: most of it costs queries."""

    request_id: str | None
    traceparent: str | None
    waiting_for: str | None
    progress: ShownProgress | None
    result: Any
    result_problem: str | None


class SingleJob(JobRepresentation, JobDetails):
    """A job with its details."""


def receipt_facts(accepted: Enqueued) -> ReceiptFacts:
    """A job that was just accepted, without links, for callers that are not clients of HTTP."""
    request = accepted.request
    return {
        "id": str(accepted.job_id),
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


def how_to_go_on(accepted: Enqueued) -> str | None:
    """A sentence about the job of an idempotency key that will not run; None if it may or did."""
    if not accepted.duplicate:
        return None
    if accepted.is_pruned:
        return "The job of this idempotency_key has succeeded and was deleted since."
    if accepted.state == JobState.CANCELLED:
        return (
            "The job of this idempotency_key was cancelled and will not run. "
            "Submit it with another idempotency_key to run it after all."
        )
    if accepted.state == JobState.EXPIRED:
        return (
            "The job of this idempotency_key was not started before its expires_at and will not "
            "run. Submit it with another idempotency_key to run it after all."
        )
    if accepted.state != JobState.DEAD:
        return None
    if accepted.waiting_letter_id:
        return (
            "The job of this idempotency_key is dead and will not run by itself. Replay it "
            f"(POST {failed_job_path(accepted.waiting_letter_id)}/replay, which takes the "
            "permission jobs.replay_deadletter), or submit it with another idempotency_key."
        )
    return (
        "The job of this idempotency_key is dead, and it was decided not to replay it. "
        "Submit it with another idempotency_key to run it after all."
    )


def job_facts(job: Job) -> JobFacts:
    """The job without links. Rows come with `worker` and `submitted_by`."""
    return {
        "id": str(job.pk),
        "type": job.type,
        "queue": job.queue,
        "priority": job.priority,
        "state": job.state,
        "attempt": job.attempt,
        "max_retries": job.max_retries,
        "idempotency_key": job.idempotency_key,
        "payload": masked_payload(job.type, job.payload),
        "run_at": written(job.run_at),
        "expires_at": written_or_none(job.expires_at),
        "created_at": written(job.created_at),
        "claimed_at": written_or_none(job.claimed_at),
        "cancel_requested_at": written_or_none(job.cancel_requested_at),
        "cancelled_by": job.cancelled_by or None,
        "finished_at": written_or_none(job.finished_at),
        "submitted_by": job.submitted_by.get_username() if job.submitted_by else None,
        "worker": job.worker.name if job.worker else None,
        "error": error_summary(job.errors) or None,
        "done_by": str(job.done_by_id) if job.done_by_id else None,
        "schedule": str(job.schedule_id) if job.schedule_id else None,
        "batch": str(job.batch_id) if job.batch_id else None,
    }


def job_representation(job: Job) -> JobRepresentation:
    """The job. Rows come with `failed_job_id` for its link, and as `job_facts` wants them."""
    return {**job_facts(job), "links": _links(job)}


def single_job(job: Job) -> SingleJob:
    """The job as `job_representation` shows it, and its details."""
    return {**job_representation(job), **job_details(job)}


def job_details(job: Job) -> JobDetails:
    """What the job waits for, how far its handler has come, and what it returned."""
    result = job_result(job) if job.state == JobState.SUCCEEDED else None
    return {
        "request_id": job.request_id,
        "traceparent": traceparent_of(job.request_id or "", job.traceparent or "") or None,
        "waiting_for": job_waiting_for(job),
        "progress": job_progress(job) if job.attempt else None,
        "result": result.value if result else None,
        "result_problem": (result.problem or None) if result else None,
    }


def _links(job: Job) -> JobLinks:
    links: JobLinks = {"self": job_path(job.pk)}
    if job.state not in FINAL_STATES:
        links["cancel"] = reverse("job-cancel", args=[job.pk])
    failed_job_id = getattr(job, "failed_job_id", None)
    if failed_job_id and job.state == JobState.DEAD:
        links["failed_job"] = failed_job_path(failed_job_id)
    return links
