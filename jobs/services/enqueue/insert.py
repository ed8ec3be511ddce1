"""Jobs are inserted and dispatched; for a duplicate the existing job is found."""

from collections.abc import Sequence
from itertools import chain
from operator import itemgetter
from uuid import UUID

from django.db import transaction
from django.db.models import Case, OuterRef, QuerySet, Subquery, When

from jobs.core.new_job import Inserted, NewJob
from jobs.core.states import JobState
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.enqueue.enqueue_counts import enqueued_count
from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.limits.holding import jobs_hold
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import execute, statement

# Jobs in one statement and one push to Redis: more are not faster, and take more memory.
BATCH = 1_000


def insert_in_batches(new_jobs: list[NewJob]) -> list[Enqueued]:
    """Inserts jobs in batches of a thousand; returns an answer for each, in their order.

    Batches are made in the order of idempotency keys, and so is the insert of each: two calls
    with the same keys must not deadlock. Jobs without a key keep their order.
    """
    if len(new_jobs) <= BATCH:
        return insert_batch(new_jobs)
    order = sorted(range(len(new_jobs)), key=lambda i: new_jobs[i].idempotency_key or "")
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    enqueued = chain.from_iterable(insert_batch([new_jobs[i] for i in batch]) for batch in batches)
    return [one for _, one in sorted(zip(order, enqueued, strict=True), key=itemgetter(0))]


def insert_batch(new_jobs: Sequence[NewJob], *, source: str | None = None) -> list[Enqueued]:
    """Inserts a batch in one statement; a duplicate is answered with the job that has its key.

    `source`: what makes the jobs, where that is neither a client nor code (`enqueue_counts.py`).
    """
    is_more = any(new.limits or new.callback_url for new in new_jobs)
    inserted = (_insert_and_complete if is_more else _insert)(new_jobs)
    dispatch_after_commit(
        [
            (one.message, one.delay_seconds)
            for new, one in zip(new_jobs, inserted, strict=True)
            if one and not new.limits
        ],
        committed=enqueued_count(new_jobs, inserted, source),
    )
    holders = _Holders([new for new, one in zip(new_jobs, inserted, strict=True) if one is None])
    return [
        Enqueued(new, one) if one else holders.answer(new)
        for new, one in zip(new_jobs, inserted, strict=True)
    ]


def _insert(new_jobs: Sequence[NewJob]) -> Sequence[Inserted | None]:
    """What became of each job, in their order; None for a duplicate."""
    if len(new_jobs) > 1:
        return Job.objects.insert(new_jobs)
    return [Job.objects.insert_one(new) for new in new_jobs]


@repeats_conflicts
def _insert_and_complete(new_jobs: Sequence[NewJob]) -> Sequence[Inserted | None]:
    """Inserts jobs, and what few of them have."""
    with transaction.atomic():
        inserted = _insert(new_jobs)
        ids = [
            (one.message.job_id, new)
            for new, one in zip(new_jobs, inserted, strict=True)
            if one is not None
        ]
        write_callback_urls(ids)
        if held := [(job_id, new) for job_id, new in ids if new.limits]:
            jobs_hold(held)
    return inserted


def write_callback_urls(new_jobs: Sequence[tuple[UUID, NewJob]]) -> None:
    """Writes what is to be called, in the transaction that has inserted these jobs."""
    called = [(job_id, new.callback_url) for job_id, new in new_jobs if new.callback_url]
    if called:
        job_ids, urls = zip(*called, strict=True)
        values = {"ids": list(job_ids), "callback_urls": list(urls)}
        execute(statement("write_callback_urls"), values)


def is_duplicate(new: NewJob) -> bool:
    """Whether the client's idempotency key belongs to a job that is there, or was."""
    return new.idempotency_key is not None and _Holders([new]).find(new) is not None


class _Holders:
    """What has the idempotency keys of these duplicates, all of one client: a job or its key."""

    def __init__(self, duplicates: list[NewJob]) -> None:
        self._jobs: dict[tuple[str, str | None], Job] = {}
        self._keys: dict[str, ProcessedKey] = {}
        if not duplicates:
            return
        self._jobs = {(job.type, job.idempotency_key): job for job in _jobs_of(duplicates)}
        left = [new.effect_key for new in duplicates if self._job(new) is None]
        if left:
            self._keys = ProcessedKey.objects.filter(processed_at__isnull=False).in_bulk(left)

    def answer(self, new: NewJob) -> Enqueued:
        """Inserts the job after all if what had its key was pruned at this moment."""
        holder = self.find(new)
        return Enqueued(new, holder) if holder else insert_batch([new])[0]

    def find(self, new: NewJob) -> Job | ProcessedKey | None:
        """What has the job's idempotency key."""
        return self._job(new) or self._keys.get(new.effect_key or "")

    def _job(self, new: NewJob) -> Job | None:
        return self._jobs.get((new.type, new.idempotency_key))


def _jobs_of(duplicates: list[NewJob]) -> QuerySet[Job]:
    letters = DeadLetter.objects.waiting().filter(job=OuterRef("pk")).order_by("-pk")
    return (
        Job.objects.filter(
            idempotency_key__in={new.idempotency_key for new in duplicates},
            type__in={new.type for new in duplicates},
            submitted_by_id=duplicates[0].submitted_by_id,
        )
        .select_related("worker")
        .annotate(
            waiting_letter_id=Case(
                When(state=JobState.DEAD, then=Subquery(letters.values("pk")[:1]))
            )
        )
    )
