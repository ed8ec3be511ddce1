"""A batch is made, filled in as many calls as it takes, and closed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from jobs.core.batch_errors import BatchClosed, BatchFull, CallbackRefused
from jobs.core.conf import jobs_conf
from jobs.core.errors import JobsError
from jobs.core.ids import uuid7
from jobs.core.stored_job import stored_job
from jobs.models import Batch, Job
from jobs.services.batches.counting import batch_complete
from jobs.services.enqueue.accept import Answer, jobs_enqueue
from jobs.services.enqueue.callback_url import check_callback_url
from jobs.services.enqueue.mail_allowance import take_allowance
from jobs.services.enqueue.request import JobRequest
from jobs.services.enqueue.resolve import new_job
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts

BATCH_JOBS_MAX = 100_000

# Jobs in one statement.
SLICE = 1_000


@repeats_conflicts
def batch_create(
    *,
    name: str = "",
    on_success: JobRequest | None = None,
    on_completion: JobRequest | None = None,
    callback_url: str | None = None,
    submitted_by_id: int | None = None,
) -> Batch:
    """Makes an empty, open batch; its jobs are added, and then it is closed.

    `on_success`: a job that is enqueued once all jobs have succeeded or were skipped, because their
    effect had been done already; `on_completion`: one that is enqueued once all have ended, in
    whichever way. `callback_url`: what is called then, with the batch as the API shows it. All are
    checked now. Raises CallbackRefused, which tells what `job_enqueue` would have raised,
    CallbackUrlRefused and SubmissionNotAllowed.
    """
    check_callback_url(callback_url)
    batch_id = uuid7()
    with short_transaction():
        return Batch.objects.create(
            id=batch_id,
            name=name,
            submitted_by_id=submitted_by_id,
            callback_url=callback_url,
            on_success=_callback(batch_id, "success", on_success, submitted_by_id),
            on_completion=_callback(batch_id, "completion", on_completion, submitted_by_id),
        )


def _callback(
    batch_id: UUID, event: str, request: JobRequest | None, submitted_by_id: int | None
) -> dict[str, Any] | None:
    if request is None:
        return None
    # Its key names the batch, so that its effect is done once as well.
    request = request._replace(idempotency_key=f"batch:{batch_id}:{event}")
    try:
        new = new_job(request, submitted_by_id, jobs_conf())
        if refusal := take_allowance([new]):
            raise refusal
    except JobsError as error:
        raise CallbackRefused(f"on_{event}", error) from error
    return stored_job(new)


@repeats_conflicts
def batch_add(
    *,
    batch_id: UUID,
    requests: Sequence[JobRequest],
    submitted_by_id: int | None = None,
    atomic: bool = False,
) -> list[Answer]:
    """Adds jobs to an open batch, and returns what `jobs_enqueue` does.

    A job that was there before, for its idempotency key, stays outside of the batch, or in the one
    that it is in: it is not counted again. Raises BatchClosed, BatchFull, Batch.DoesNotExist, and
    RequestsRefused with `atomic`; then nothing is added.
    """
    with short_transaction():
        batch_check_open(Batch.objects.get(id=batch_id), len(requests))
        answers = jobs_enqueue(requests=requests, submitted_by_id=submitted_by_id, atomic=atomic)
        new = [one.job_id for one in answers if not (isinstance(one, JobsError) or one.duplicate)]
        for start in range(0, len(new), SLICE):
            Job.objects.filter(id__in=new[start : start + SLICE]).update(batch_id=batch_id)
        batch_take_in(batch_id, len(new))
    return answers


def batch_check_open(batch: Batch, count: int) -> None:
    """Raises BatchClosed, and BatchFull if `count` more jobs do not fit."""
    if batch.closed_at is not None:
        raise BatchClosed(batch.id)
    if batch.total + count > BATCH_JOBS_MAX:
        raise BatchFull(batch.total, count, BATCH_JOBS_MAX)


def batch_take_in(batch_id: UUID, count: int) -> None:
    """Counts jobs that the present transaction has put into a batch; raises as `batch_check_open`.

    Last, so that the batch is locked for a moment only; it may have been closed meanwhile.
    """
    fits = Batch.objects.filter(
        id=batch_id, closed_at__isnull=True, total__lte=BATCH_JOBS_MAX - count
    )
    if not fits.update(total=F("total") + count):
        batch_check_open(Batch.objects.get(id=batch_id), count)


@repeats_conflicts
def batch_close(*, batch_id: UUID) -> Batch:
    """From now on no job can be added; a batch whose jobs have all ended is completed at once.

    That includes an empty one, whose callbacks both run. Closing it again changes nothing. Raises
    Batch.DoesNotExist.
    """
    with short_transaction():
        batch = Batch.objects.select_for_update().get(id=batch_id)
        if batch.closed_at is None:
            Batch.objects.filter(id=batch_id).update(closed_at=Now())
            if batch.done >= batch.total:
                batch_complete(batch_id)
            batch.refresh_from_db()
    return batch
