"""A job as people may see it: in answers, on the command line, in the bodies of calls."""

from typing import Any, TypedDict

from jobs.core.attempt_error import error_summary
from jobs.core.correlation import traceparent_of
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.masking import masked_payload
from jobs.services.progress import ShownProgress, job_progress
from jobs.services.results import job_result
from jobs.services.waiting_for import job_waiting_for
from jobs.services.written import written, written_or_none


class CallbackOf(TypedDict):
    """The job or the batch whose end a call tells of; `kind` is `job` or `batch`."""

    kind: str
    id: str


class ChainPlace(TypedDict):
    """Where a job is in its chain, counted from 1."""

    id: str
    position: int
    total: int


class JobFacts(TypedDict):
    """A job as people may see it."""

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
    callback_url: str | None
    replay_of: str | None


class JobDetails(TypedDict):
    """What is told of a single job only: most of it costs queries."""

    request_id: str | None
    traceparent: str | None
    waiting_for: str | None
    progress: ShownProgress | None
    result: Any
    result_problem: str | None
    chain: ChainPlace | None
    callback_of: CallbackOf | None


def job_facts(job: Job) -> JobFacts:
    """The job, with its sensitive fields masked. Rows come with `worker` and `submitted_by`."""
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
        "callback_url": job.callback_url,
        "replay_of": str(job.replay_of) if job.replay_of else None,
    }


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
        "chain": _chain_place(job),
        "callback_of": (job.given or {}).get("callback_of"),
    }


def _chain_place(job: Job) -> ChainPlace | None:
    place = (job.given or {}).get("chain")
    if place is None:
        return None
    return {"id": place["id"], "position": place["position"], "total": place["total"]}
