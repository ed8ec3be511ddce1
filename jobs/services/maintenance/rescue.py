"""Running jobs are taken from workers that are dead."""

import logging
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from jobs.core.attempt_error import error_of_lost_worker
from jobs.core.claim import ClaimedJob
from jobs.core.conf import jobs_conf
from jobs.core.outcome import CutOff, NotStarted, Outcome
from jobs.models import Job, Worker
from jobs.models.job_manager import CLAIMED_FIELDS
from jobs.models.worker import WorkerQuerySet
from jobs.services.attempts import Finished, Recorded, attempt_records_start, jobs_record
from jobs.services.short_transaction import short_transaction, try_advisory_lock

logger = logging.getLogger(__name__)

# Bounds one round, so that no transaction grows with the damage; the next round follows.
RESCUE_LIMIT = 500

# After an outage every live worker writes a heartbeat within one interval, plus the time of a
# connection.
HEARD_BEATS = 2


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
    if not started and attempt_records_start(claim):
        outcome: Outcome = NotStarted()  # claimed, but it never began
    else:
        outcome = CutOff(error_of_lost_worker(worker or str(claim.worker_id)), crashed=True)
    return Finished(claim, outcome)
