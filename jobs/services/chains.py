"""Chains: each job is enqueued when the one before it has succeeded, and is given its result."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.core.batch_errors import ChainJobRefused, ChainTooLong
from jobs.core.conf import JobsConf, jobs_conf
from jobs.core.errors import JobsError
from jobs.core.new_job import NewJob
from jobs.core.stored_job import new_job_of, stored_job
from jobs.models import Batch, Job, JobResult
from jobs.services.backpressure import queue_full
from jobs.services.batches.create import batch_check_open, batch_take_in
from jobs.services.enqueue.callback_url import CALLBACK_TYPE
from jobs.services.enqueue.enqueue_counts import CHAIN
from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.enqueue.insert import insert_batch
from jobs.services.enqueue.mail_allowance import take_allowance
from jobs.services.enqueue.request import JobRequest
from jobs.services.enqueue.resolve import new_job
from jobs.services.enqueue.traced import traced
from jobs.services.results import job_result
from jobs.services.short_transaction import short_transaction
from jobs.services.tracing import tracing
from jobs.sql.contention import repeats_conflicts

# Every job of a chain carries those that are still to come.
CHAIN_JOBS_MAX = 100


@traced
@repeats_conflicts
def chain_create(
    *,
    requests: Sequence[JobRequest],
    batch_id: UUID | None = None,
    submitted_by_id: int | None = None,
) -> Enqueued:
    """Enqueues the first job of a chain, and returns it; all jobs are checked now.

    The next job is enqueued in the transaction that records the success of the one before it, or
    that skips it because its effect had been done. Its handler reads `context.previous_result`. A
    job that dies, expires or is cancelled ends the chain; if its dead letter is replayed, and it
    succeeds, the chain goes on.

    `batch_id`: an open batch, which counts each job of the chain from the moment at which it is
    enqueued. It is not completed before the chain has ended, because the next job comes in the
    transaction that ends the one before it.

    Raises ChainTooLong; ChainJobRefused, which tells what `job_enqueue` would have raised;
    RecipientsLimitReached, BatchClosed, BatchFull and Batch.DoesNotExist.
    """
    if not 1 <= len(requests) <= CHAIN_JOBS_MAX:
        raise ChainTooLong(len(requests), CHAIN_JOBS_MAX)
    conf = jobs_conf()
    new_jobs = [
        _checked(index, request, submitted_by_id, conf) for index, request in enumerate(requests)
    ]
    with short_transaction():
        if refusal := take_allowance(new_jobs):
            raise refusal
        if batch_id is not None:
            batch_check_open(Batch.objects.get(id=batch_id), len(new_jobs))
        [enqueued] = insert_batch(new_jobs[:1])
        if not enqueued.duplicate:
            place = {"id": str(enqueued.job_id), "position": 1, "total": len(new_jobs)}
            rest = [stored_job(new) for new in new_jobs[1:]]
            _link(enqueued.job_id, place, rest, batch_id=batch_id)
            if batch_id is not None:
                batch_take_in(batch_id, 1)
    return enqueued


def _checked(
    index: int, request: JobRequest, submitted_by_id: int | None, conf: JobsConf
) -> NewJob:
    """The job to insert. A queue that is too deep takes no chain from clients."""
    try:
        new = new_job(request, submitted_by_id, conf)
        full = queue_full(new.queue, conf) if index == 0 and submitted_by_id is not None else None
        if full is not None:
            raise full
    except JobsError as error:
        raise ChainJobRefused(index, error) from error
    return new


def chains_go_on(job_ids: Iterable[UUID]) -> Counter[UUID]:
    """Enqueues the next job after each of these, in the transaction that has ended them.

    Returns how many jobs more each batch has to count.
    """
    grown: Counter[UUID] = Counter()
    rows = Job.objects.filter(id__in=list(job_ids)).order_by("id")
    for job in rows.only("given", "next_jobs", "batch_id", "submitted_by_id", "client_left_at"):
        following, *rest = job.next_jobs or []
        # It is taken: a late success after a replay does not enqueue it again.
        changes: dict[str, Any] = {"next_jobs": None}
        new = new_job_of(following, job.submitted_by_id)
        [enqueued] = insert_batch([_followed(new, job.id)], source=CHAIN)
        if not enqueued.duplicate:
            given = job.given or {}
            before = given["chain"]
            place = {**before, "position": before["position"] + 1}
            result = _result_for(following["type"], job)
            _link(enqueued.job_id, place, rest, result, job.batch_id, job.client_left_at)
            # By this the chain is read from its first job to its last.
            changes["given"] = {**given, "chain": {**before, "next": str(enqueued.job_id)}}
            if job.batch_id is not None:
                grown[job.batch_id] += 1
        Job.objects.filter(id=job.id).update(**changes)
    return grown


def _followed(new: NewJob, cause: UUID) -> NewJob:
    return new if (spans := tracing()) is None else spans.followed(new, cause)


def _result_for(next_type: str, job: Job) -> Any:
    """What the next job is given. A call sends it to where its client wants it: masked."""
    if next_type == CALLBACK_TYPE:
        shown = job_result(job)
        return shown.value if shown else None
    result = JobResult.objects.filter(job_id=job.id).first()
    return result.value if result else None


def _link(
    job_id: UUID,
    place: dict[str, Any],
    rest: list[Any],
    result: Any = None,
    batch_id: UUID | None = None,
    client_left_at: datetime | None = None,
) -> None:
    Job.objects.filter(id=job_id).update(
        given={"chain": place, "previous_result": result},
        next_jobs=rest or None,
        batch_id=batch_id,
        client_left_at=client_left_at,
    )


def chain(requests: Sequence[JobRequest]) -> Enqueued:
    """Enqueues the first of these jobs; each next one follows the success of the one before it.

    For Django code: `from jobs import chain`. See `chain_create`; what is wrong with a job is
    raised as `enqueue` raises it.
    """
    return chain_from_code(requests=requests)


def chain_from_code(*, requests: Sequence[JobRequest], batch_id: UUID | None = None) -> Enqueued:
    """As `chain_create`, but raises what is wrong with a job as `enqueue` does."""
    try:
        return chain_create(requests=requests, batch_id=batch_id)
    except ChainJobRefused as refusal:
        raise refusal.error from None
