"""Chains: each job is enqueued when the one before it has succeeded, and is given its result."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from jobs.core.batch_errors import ChainTooLong
from jobs.core.conf import jobs_conf
from jobs.core.stored_job import new_job_of, stored_job
from jobs.models import Job, JobResult
from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.enqueue.insert import insert_batch
from jobs.services.enqueue.mail_allowance import take_allowance
from jobs.services.enqueue.request import JobRequest
from jobs.services.enqueue.resolve import new_job
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts

# Every job of a chain carries those that are still to come.
CHAIN_JOBS_MAX = 100


@repeats_conflicts
def chain_create(*, requests: Sequence[JobRequest], submitted_by_id: int | None = None) -> Enqueued:
    """Enqueues the first job of a chain, and returns it; all jobs are checked now.

    The next job is enqueued in the transaction that records the success of the one before it, or
    that skips it because its effect had been done. Its handler reads `context.previous_result`. A
    job that dies, expires or is cancelled ends the chain; if its dead letter is replayed, and it
    succeeds, the chain goes on.

    Raises ChainTooLong, and what `job_enqueue` raises.
    """
    if not 1 <= len(requests) <= CHAIN_JOBS_MAX:
        raise ChainTooLong(len(requests), CHAIN_JOBS_MAX)
    conf = jobs_conf()
    new_jobs = [new_job(request, submitted_by_id, conf) for request in requests]
    with short_transaction():
        if refusal := take_allowance(new_jobs):
            raise refusal
        [enqueued] = insert_batch(new_jobs[:1])
        if not enqueued.duplicate:
            place = {"id": str(enqueued.job_id), "position": 1, "total": len(new_jobs)}
            _link(enqueued.job_id, place, [stored_job(new) for new in new_jobs[1:]])
    return enqueued


def chains_go_on(job_ids: Iterable[UUID]) -> None:
    """Enqueues the next job after each of these, in the transaction that has ended them."""
    for job in Job.objects.filter(id__in=list(job_ids)).only("id", "given", "next_jobs"):
        following, *rest = job.next_jobs or []
        [enqueued] = insert_batch([new_job_of(following)])
        if not enqueued.duplicate:
            before = (job.given or {})["chain"]
            place = {**before, "position": before["position"] + 1}
            result = JobResult.objects.filter(job_id=job.id).first()
            _link(enqueued.job_id, place, rest, result.value if result else None)
        # It is taken: a late success after a replay does not enqueue it again.
        Job.objects.filter(id=job.id).update(next_jobs=None)


def _link(job_id: UUID, place: dict[str, Any], rest: list[Any], result: Any = None) -> None:
    Job.objects.filter(id=job_id).update(
        given={"chain": place, "previous_result": result}, next_jobs=rest or None
    )


def chain(requests: Sequence[JobRequest]) -> Enqueued:
    """Enqueues the first of these jobs; each next one follows the success of the one before it.

    For Django code: `from jobs import chain`. See `chain_create`.
    """
    return chain_create(requests=requests)
