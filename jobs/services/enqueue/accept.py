"""The services that accept jobs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from jobs.core.conf import JobsConf, jobs_conf
from jobs.core.depth_limit import QueueFull
from jobs.core.errors import JobsError, RecipientsLimitReached
from jobs.core.new_job import NewJob
from jobs.core.request_errors import RequestsRefused
from jobs.services.backpressure import queue_full
from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.enqueue.group_commit import GroupCommit
from jobs.services.enqueue.insert import insert_batch, insert_in_batches
from jobs.services.enqueue.mail_allowance import EnqueuedOrRefused, insert_within_allowance
from jobs.services.enqueue.request import JobRequest
from jobs.services.enqueue.resolve import new_job, new_job_or_error
from jobs.services.enqueue.reused_key import reused_key
from jobs.services.enqueue.traced import traced
from jobs.sql.contention import repeats_conflicts

Answer = Enqueued | JobsError
"""What became of one request of many."""


@traced
def job_enqueue(
    *,
    type: str,  # noqa: A002 - the word of the API
    payload: Mapping[str, Any],
    queue: str | None = None,
    priority: int | None = None,
    run_at: datetime | None = None,
    delay_seconds: float | None = None,
    max_retries: int | None = None,
    idempotency_key: str | None = None,
    fairness_key: str | None = None,
    expires_at: datetime | None = None,
    expires_in_seconds: float | None = None,
    callback_url: str | None = None,
    submitted_by_id: int | None = None,
) -> Enqueued:
    """Accepts one job; inside a transaction it exists, and is dispatched, once that commits.

    `run_at` or `delay_seconds`, not both; with neither it may run at once. `priority`: 0 to 9, 9
    is most urgent. `fairness_key`: whose turn it takes in a fair queue; the client's by default.
    `expires_at` or `expires_in_seconds`, not both: a job that has not begun by then never runs.
    `callback_url` is called when the job is final. What is None is left to the job type and the
    settings. `submitted_by_id`: the user who is the client; None for Django code.

    The same client, type and `idempotency_key` again gives the job of the first call, however
    many calls run at once: the unique index decides. A job that has succeeded and was pruned since
    is known by its processed key (`Enqueued.is_pruned`).

    Raises UnknownJobType, PayloadInvalid, PayloadTooLarge, UnknownQueue, RequestInvalid,
    CallbackUrlRefused, RecipientsLimitReached, and IdempotencyKeyReused if the key's job has
    another payload or callback_url.
    """
    request = JobRequest(
        type=type,
        payload=payload,
        queue=queue,
        priority=priority,
        run_at=run_at,
        delay_seconds=delay_seconds,
        max_retries=max_retries,
        idempotency_key=idempotency_key,
        fairness_key=fairness_key,
        expires_at=expires_at,
        expires_in_seconds=expires_in_seconds,
        callback_url=callback_url,
    )
    return _accept(request, new_job(request, submitted_by_id, jobs_conf()))


@traced
def job_enqueue_together(*, request: JobRequest, submitted_by_id: int | None) -> Enqueued:
    """As `job_enqueue`, but in one commit with what other threads enqueue at this moment.

    For clients it also raises QueueFull.

    For servers with threads. Measured with eight clients at once: a third more answers a second
    than with a commit for each. A call inside a transaction gets no group, and neither does a job
    with an idempotency key, whose insert may have to wait for another transaction.
    """
    new = _prepared(request, submitted_by_id, jobs_conf())
    if isinstance(new, JobsError):
        raise new
    if new.idempotency_key is not None or connection.in_atomic_block:
        return _accept(request, new)
    return _accepted(_together.write(new))


@traced
@repeats_conflicts
def jobs_enqueue(
    *, requests: Sequence[JobRequest], submitted_by_id: int | None = None, atomic: bool = False
) -> list[Answer]:
    """Accepts many jobs in one transaction, a thousand in a statement.

    Returns an answer for each request, in their order. A request that `job_enqueue` would refuse
    gets its error as the answer, and the others are accepted. With `atomic` one refusal means
    that none is accepted: it raises RequestsRefused.
    """
    conf = jobs_conf()
    prepared = [_prepared(request, submitted_by_id, conf) for request in requests]
    refused = {i: one for i, one in enumerate(prepared) if isinstance(one, JobsError)}
    if atomic and refused:
        raise _full(refused) or RequestsRefused(refused)
    with transaction.atomic():
        new_jobs = [one for one in prepared if isinstance(one, NewJob)]
        enqueued = iter(insert_within_allowance(new_jobs, insert_in_batches))
        answers = [
            one if isinstance(one, JobsError) else _answer(request, one, next(enqueued))
            for request, one in zip(requests, prepared, strict=True)
        ]
        if atomic:
            _refuse_all_for_any(answers)
    return answers


def _prepared(
    request: JobRequest, submitted_by_id: int | None, conf: JobsConf
) -> NewJob | JobsError:
    """The job to insert, or why it is refused. A queue that is too deep takes none from clients."""
    new = new_job_or_error(request, submitted_by_id, conf)
    if submitted_by_id is None or isinstance(new, JobsError):
        return new
    return queue_full(new.queue, conf) or new


def _full(refused: Mapping[int, JobsError]) -> JobsError | None:
    """A full queue, if nothing else is wrong: then all may be sent again as they are."""
    only_full = all(isinstance(one, QueueFull) for one in refused.values())
    return next(iter(refused.values())) if only_full else None


@repeats_conflicts
def _accept(request: JobRequest, new: NewJob) -> Enqueued:
    [inserted] = insert_within_allowance([new], insert_batch)
    enqueued = _accepted(inserted)
    if error := reused_key(request, new, enqueued):
        raise error
    return enqueued


def _accepted(inserted: EnqueuedOrRefused) -> Enqueued:
    if isinstance(inserted, RecipientsLimitReached):
        raise inserted
    return inserted


def _answer(request: JobRequest, new: NewJob, enqueued: EnqueuedOrRefused) -> Answer:
    if isinstance(enqueued, RecipientsLimitReached):
        return enqueued
    return (new.idempotency_key and reused_key(request, new, enqueued)) or enqueued


def _refuse_all_for_any(answers: Sequence[Answer]) -> None:
    """Rolls back what was inserted."""
    refused = {i: one for i, one in enumerate(answers) if isinstance(one, JobsError)}
    if refused:
        raise RequestsRefused(refused)


_together = GroupCommit[NewJob, EnqueuedOrRefused](
    lambda new_jobs: insert_within_allowance(new_jobs, insert_batch)
)
