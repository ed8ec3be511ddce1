"""Repair: jobs are rescued from dead workers, rung again when Redis lost them, and pruned.

Any worker may do any of it at any time; a try-lock keeps them out of each other's way.
"""

import logging
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from jobs.attempt_error import error_of_lost_attempt, error_of_lost_worker
from jobs.broker import get_broker
from jobs.claim import ClaimedJob
from jobs.conf import jobs_conf
from jobs.ids import uuid7_floor
from jobs.managers import CLAIMED_FIELDS
from jobs.models import Job, ProcessedKey, Worker
from jobs.outcome import CutOff, NotStarted, Outcome
from jobs.querysets import WorkerQuerySet, seconds_ago
from jobs.services.doorbell import ring_after_commit
from jobs.services.lifecycle import Finished, Recorded, is_start_marked, jobs_record
from jobs.services.short_transaction import short_transaction, try_advisory_lock
from jobs.states import FINAL_STATES, JobState

logger = logging.getLogger(__name__)

# Bounds on one round, so that no transaction grows with the damage; the next round follows.
RESCUE_LIMIT = 500
RING_LIMIT_PER_LIST = 1_000
PRUNE_LIMIT = 1_000

# After whatever had silenced them, everybody alive is heard within one beat, and the time of a
# connection.
HEARD_BEATS = 2

DAY_SECONDS = 86_400


def jobs_rescue(*, heard_at: datetime | None = None) -> list[Recorded]:
    """Takes running jobs from workers that are dead; what follows depends on the effect.

    Liveness decides, never age: a job may run for as long as its worker is heard of.

    Whoever has stopped is dead. Whoever is silent is dead only if others were heard meanwhile:
    a database that freezes, a clock that is set, a machine that stops silence everybody, and
    when that is over it must not be a matter of luck whose statement comes first. So silence
    is measured up to `heard_at`, a moment of the database's clock, and not up to now. Two may
    give one: a worker, the moment of its own last heartbeat, if it has had no gap for two
    beats (`Lease.steadily_heard_at`); and who has no heartbeat, a moment that he has let two
    beats of the others follow (`jobs_repair`). Without one nobody is declared dead.
    """
    with short_transaction():
        if not try_advisory_lock("rescue"):
            return []
        if heard_at:
            _declare_dead(heard_at)
        orphans = _orphans()
        return jobs_record(finished=orphans) if orphans else []


def silent_workers(heard_at: datetime) -> WorkerQuerySet:
    """Who had been silent for the timeout at that moment, and still is."""
    timeout_seconds = jobs_conf().worker_timeout_seconds
    limit = heard_at - timedelta(seconds=timeout_seconds)
    return Worker.objects.silent(timeout_seconds).filter(heartbeat_at__lt=limit)


def _declare_dead(heard_at: datetime) -> None:
    """From here on such a worker can claim nothing, should it still be there."""
    silent = silent_workers(heard_at)
    for name in silent.values_list("name", flat=True):
        logger.warning("Worker %s has not been heard of for too long: it counts as dead", name)
    silent.update(stopped_at=Now())


def _orphans() -> list[Finished]:
    """Running jobs whose worker has stopped, was declared dead, or is unknown."""
    there = Worker.objects.filter(id=OuterRef("worker_id"), stopped_at__isnull=True)
    rows = (
        Job.objects.running()
        .filter(~Exists(there))
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("id")
        .values_list(*CLAIMED_FIELDS, "started_at", "worker__name")[:RESCUE_LIMIT]
    )
    return [
        _orphan(ClaimedJob(*claimed), started=started_at is not None, worker=worker)
        for *claimed, started_at, worker in rows
    ]


def _orphan(claim: ClaimedJob, started: bool, worker: str | None) -> Finished:
    if not started and is_start_marked(claim):
        outcome: Outcome = NotStarted()  # claimed, but it never began
    else:
        outcome = CutOff(error_of_lost_worker(worker or str(claim.worker_id)), crashed=True)
    return Finished(claim, outcome)


def jobs_disown(
    *, worker_id: UUID, known: Collection[tuple[UUID, int]], older_than_seconds: float = 0.0
) -> int:
    """Gives back attempts that the ledger says this worker runs, but that it knows nothing of.

    Such a claim was committed while its answer got lost on the way. `known`: ids and attempts,
    collected before this call; only what was claimed so long ago is looked at. Returns how many.
    """
    held = Job.objects.running().filter(
        worker_id=worker_id, claimed_at__lte=seconds_ago(older_than_seconds)
    )
    lost = set(held.values_list("id", "attempt")) - set(known)
    if not lost:
        return 0
    with short_transaction():
        rows = (
            held.filter(id__in=[job_id for job_id, _ in lost])
            .select_for_update(skip_locked=True)
            .values_list(*CLAIMED_FIELDS, "started_at")[:RESCUE_LIMIT]
        )
        claims = [(ClaimedJob(*claimed), started_at) for *claimed, started_at in rows]
        unknown = [
            _unknown(claim, started=started_at is not None)
            for claim, started_at in claims
            if (claim.id, claim.attempt) in lost
        ]
        if unknown:
            jobs_record(finished=unknown)
    return len(unknown)


def _unknown(claim: ClaimedJob, started: bool) -> Finished:
    error = error_of_lost_attempt(str(claim.worker_id))
    return Finished(claim, CutOff(error) if started else NotStarted())


def jobs_ring_again(*, queues: Sequence[str]) -> int:
    """Rings for queued jobs that Redis has lost; returns how many.

    Lists are first-in first-out: what was rung before the next one to come out, and is still
    queued, must have lost its ring. A margin covers what lies between pop and claim.

    Raises BrokerUnavailable.
    """
    broker = get_broker()
    broker.check_writable()  # else rows would be dated, and their rings refused
    next_out = broker.next_out(queues)
    with short_transaction():
        if not try_advisory_lock("ring"):
            return 0
        lost = Job.objects.ring_again(
            next_out,
            margin_seconds=jobs_conf().ring_margin_seconds,
            limit=RING_LIMIT_PER_LIST,
        )
        ring_after_commit([(message, 0.0) for message in lost], clear_marks=True)
    if lost:
        logger.info("Rang again for %d jobs that Redis had lost", len(lost))
    return len(lost)


def jobs_prune() -> int:
    """Deletes a batch of jobs, keys and workers past their retention; returns how many rows.

    Dead jobs stay for as long as their dead letter waits. Ids carry their time, so that the
    oldest rows are found by the primary key.
    """
    conf = jobs_conf()
    with short_transaction():
        if not try_advisory_lock("prune"):
            return 0
        return (
            _prune_jobs(conf.retention_days)
            + _prune_keys(conf.key_retention_days)
            + (_prune_workers(conf.retention_days))
        )


def _prune_jobs(days: float) -> int:
    cutoff = uuid7_floor(time.time() - days * DAY_SECONDS)
    old = (
        Job.objects.filter(id__lt=cutoff, finished_at__lt=seconds_ago(days * DAY_SECONDS))
        .filter(state__in=FINAL_STATES)
        .exclude(state=JobState.DEAD, dead_letters__resolution="")
        .order_by("id")
        .values_list("id", flat=True)[:PRUNE_LIMIT]
    )
    return Job.objects.filter(id__in=list(old)).delete()[0]


def _prune_keys(days: float) -> int:
    """A key without success goes when its job is gone: nobody is left to do the effect."""
    cutoff = seconds_ago(days * DAY_SECONDS)
    deserted = Q(processed_at__isnull=True) & ~Q(Exists(Job.objects.filter(id=OuterRef("job_id"))))
    old = ProcessedKey.objects.filter(Q(processed_at__lt=cutoff) | deserted, created_at__lt=cutoff)
    keys = list(old.values_list("key", flat=True)[:PRUNE_LIMIT])
    return ProcessedKey.objects.filter(key__in=keys).delete()[0]


def _prune_workers(days: float) -> int:
    old = Worker.objects.filter(stopped_at__lt=seconds_ago(days * DAY_SECONDS))
    return old.delete()[0]
