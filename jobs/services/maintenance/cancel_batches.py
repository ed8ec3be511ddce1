"""The jobs of batches that are cancelled are cancelled, slice by slice."""

from uuid import UUID

from django.db.models.functions import Now

from jobs.core.states import JobState
from jobs.models import Batch, Job
from jobs.services.ended_unstarted import Unstarted, jobs_ended_unstarted
from jobs.services.maintenance.round import Round, run_round

# Jobs in one round, so that no transaction grows with the batch.
CANCEL_LIMIT = 1_000


def jobs_cancel_in_batches() -> Round:
    """queued -> cancelled for jobs of batches whose end was asked for; counts jobs.

    Those that run are asked to stop.
    """
    return run_round("cancel_batches", _cancel, skipped=Round())


def _cancel() -> Round:
    asked = Batch.objects.filter(cancel_requested_at__isnull=False, completed_at__isnull=True)
    batches = dict(asked.order_by("id").values_list("id", "cancelled_by")[:CANCEL_LIMIT])
    count = 0
    for batch_id, name in batches.items():
        count += _cancel_jobs(batch_id, name, CANCEL_LIMIT - count)
        if count >= CANCEL_LIMIT:
            break
    return Round(count, is_full=count >= CANCEL_LIMIT)


def _cancel_jobs(batch_id: UUID, name: str, limit: int) -> int:
    jobs = Job.objects.filter(batch_id=batch_id)
    unasked = jobs.running().filter(cancel_requested_at__isnull=True).order_by("id")
    running = list(unasked.select_for_update(skip_locked=True).values_list("id", flat=True)[:limit])
    Job.objects.filter(id__in=running).update(cancel_requested_at=Now(), cancelled_by=name)
    ended = [
        Unstarted(*row)
        for row in jobs.queued()
        .order_by("id")
        .select_for_update(skip_locked=True)
        .values_list(*Unstarted._fields)[:limit]
    ]
    ids = [one.id for one in ended]
    if ids:
        Job.objects.filter(id__in=ids).update(
            state=JobState.CANCELLED,
            finished_at=Now(),
            cancel_requested_at=Now(),
            cancelled_by=name,
            held_by=None,
        )
        jobs_ended_unstarted(ended)
    return len(ids)
