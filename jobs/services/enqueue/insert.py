"""Jobs are inserted and dispatched; a key that is taken is answered with the job that has it."""

from collections.abc import Sequence
from itertools import chain
from operator import itemgetter

from jobs.core.new_job import NewJob
from jobs.models import Job
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.enqueue.enqueued import Enqueued

# One statement and one push for so many: beyond it nothing gets quicker, and memory grows.
BATCH = 1_000


def insert_in_batches(new_jobs: list[NewJob]) -> list[Enqueued]:
    """Inserts batch by batch, by key: two calls with the same keys must not wait for one another.

    Within a batch the statement sees to that. Jobs without a key keep their order.
    """
    if len(new_jobs) <= BATCH:
        return insert_batch(new_jobs)
    order = sorted(range(len(new_jobs)), key=lambda i: new_jobs[i].idempotency_key or "")
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    enqueued = chain.from_iterable(insert_batch([new_jobs[i] for i in batch]) for batch in batches)
    return [one for _, one in sorted(zip(order, enqueued, strict=True), key=itemgetter(0))]


def insert_batch(new_jobs: Sequence[NewJob]) -> list[Enqueued]:
    """Inserts a batch; a job whose key is taken is answered with the one that has it."""
    inserted = (
        Job.objects.insert(new_jobs)
        if len(new_jobs) > 1
        else [Job.objects.insert_one(new) for new in new_jobs]
    )
    dispatch_after_commit([(one.message, one.delay_seconds) for one in inserted if one])
    pairs = list(zip(new_jobs, inserted, strict=True))
    existing = _existing([new for new, one in pairs if one is None])
    return [Enqueued(new, one or _existing_or_new(new, existing)) for new, one in pairs]


Existing = dict[tuple[str, str | None], Job]


def _existing(duplicates: list[NewJob]) -> Existing:
    """The jobs of one client that hold the keys of these, by type and key."""
    if not duplicates:
        return {}
    holders = Job.objects.filter(
        idempotency_key__in={new.idempotency_key for new in duplicates},
        type__in={new.type for new in duplicates},
        submitted_by_id=duplicates[0].submitted_by_id,
    ).select_related("worker")
    return {(job.type, job.idempotency_key): job for job in holders}


def _existing_or_new(new: NewJob, existing: Existing) -> Job:
    """Inserts once more if the holder of the key was pruned at this very moment."""
    return existing.get((new.type, new.idempotency_key)) or insert_batch([new])[0].job
