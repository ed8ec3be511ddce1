"""Running jobs are taken from workers that are dead."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from jobs.core.attempt_error import error_of_lost_worker, error_of_stopped_worker
from jobs.core.claim import ClaimedJob
from jobs.core.conf import jobs_conf
from jobs.core.finished import Finished
from jobs.core.outcome import CrashedBefore, CutOff, NotStarted, Outcome
from jobs.handlers.registry import job_types
from jobs.models import Job, Worker
from jobs.models.job_claims import CLAIMED_FIELDS_WITHOUT_PAYLOAD
from jobs.models.job_queryset import JobQuerySet
from jobs.models.moments import seconds_ago
from jobs.models.worker import WorkerQuerySet
from jobs.services.attempts import Recorded
from jobs.services.maintenance.round import Round, run_round
from jobs.services.record_free import jobs_record_free
from jobs.services.starts import attempt_records_start

logger = logging.getLogger(__name__)

# Jobs in one round, so that no transaction grows with the damage.
RESCUE_LIMIT = 500

# After an outage every live worker writes a heartbeat within one interval, plus the time that a
# new connection takes: after two intervals, silence means something again.
HEARD_BEATS = 2

# A worker timeout passes until everything is looked at; by the second one it has been.
LATELY_TIMEOUTS = 2


@dataclass(frozen=True, slots=True)
class RescueRound(Round):
    """A round of rescue, with what was recorded about each job.

    `was_skipped`: another worker was doing a round, so this one has looked at nothing.
    """

    recorded: Sequence[Recorded] = ()
    was_skipped: bool = False


def jobs_rescue(*, heard_at: datetime | None = None, lately: bool = False) -> RescueRound:
    """Takes running jobs from dead workers; what becomes of each depends on its effect.

    A worker is dead once its row is stopped or gone. A worker that was silent for
    `JOBS_WORKER_TIMEOUT_SECONDS` is declared dead first; a job may run for as long as its worker
    is heard.

    `heard_at`: database time up to which silence counts; None declares no worker dead. Pass the
    caller's own last heartbeat, if two intervals of heartbeats were written without a gap
    (`Lease.steadily_heard_at`); a caller without heartbeats passes a moment since which at least
    two intervals have gone by (`jobs_repair`). Decision 0008 says why it is not the present.

    `lately`: looks only at workers that have stopped, or were declared dead, within the last two
    timeouts. That reads nothing of what live workers have run, and misses two things: jobs whose
    worker has no row, and a claim that was committed long after its worker had stopped. A caller
    must look at everything once in a timeout (promise I6 in `docs/guarantees.md`).
    """
    return run_round(
        "rescue", lambda: _rescue(heard_at, lately), skipped=RescueRound(was_skipped=True)
    )


def silent_workers(heard_at: datetime) -> WorkerQuerySet:
    """The workers that had been silent for the timeout at that moment, and still are."""
    timeout_seconds = jobs_conf().worker_timeout_seconds
    timeout = timedelta(seconds=timeout_seconds)
    of_another_time = Q(heartbeat_at__lt=heard_at - timeout) | Q(
        heartbeat_at__gt=heard_at + timeout
    )
    return Worker.objects.silent(timeout_seconds).filter(of_another_time)


def _rescue(heard_at: datetime | None, lately: bool) -> RescueRound:
    if heard_at:
        _declare_dead(heard_at)
    orphans = _orphans_of_lately_stopped() if lately else _orphans()
    recorded = jobs_record_free(finished=orphans) if orphans else []
    return RescueRound(len(recorded), is_full=len(recorded) >= RESCUE_LIMIT, recorded=recorded)


def _declare_dead(heard_at: datetime) -> None:
    """Closes the rows of silent workers: should such a worker still live, it can claim nothing."""
    silent = list(
        silent_workers(heard_at)
        .order_by("id")
        .select_for_update(skip_locked=True)
        .values_list("id", "name")
    )
    for worker_id, name in silent:
        logger.warning(
            "Worker %s has not been heard of for too long: it counts as dead",
            name,
            extra={"event": "worker.declared_dead", "worker_id": str(worker_id), "worker": name},
        )
    Worker.objects.filter(id__in=[worker_id for worker_id, _ in silent]).update(stopped_at=Now())


def _orphans() -> list[Finished]:
    """Running jobs whose worker has stopped, was declared dead, or is unknown.

    Reads nothing of what live workers have run, but of stopped ones all for which a transaction
    keeps dead tuples.
    """
    orphaned = Job.objects.lock_orphaned(RESCUE_LIMIT)
    if not orphaned:
        return []
    # Asked again: a job that was claimed anew meanwhile may be that of a worker that is new, too.
    not_stopped = Worker.objects.filter(id=OuterRef("worker_id"), stopped_at__isnull=True)
    return _finished(Job.objects.running().filter(~Exists(not_stopped), id__in=orphaned))


def _orphans_of_lately_stopped() -> list[Finished]:
    """Running jobs of workers that have stopped within the last two timeouts.

    Most of the time there is none, and no job is read.
    """
    since = seconds_ago(LATELY_TIMEOUTS * jobs_conf().worker_timeout_seconds)
    stopped = list(Worker.objects.filter(stopped_at__gte=since).values_list("id", flat=True))
    return _finished(Job.objects.running().filter(worker_id__in=stopped)) if stopped else []


def _finished(orphans: JobQuerySet) -> list[Finished]:
    rows = (
        orphans.select_for_update(skip_locked=True, of=("self",))
        .order_by("id")
        .values_list(
            *CLAIMED_FIELDS_WITHOUT_PAYLOAD, "started_at", "worker__name", "worker__signed_off"
        )[:RESCUE_LIMIT]
    )
    return [
        _orphan(ClaimedJob(*claimed), started_at is not None, worker, bool(signed_off))
        for *claimed, started_at, worker, signed_off in rows
    ]


def _orphan(claim: ClaimedJob, started: bool, worker: str | None, signed_off: bool) -> Finished:
    name = worker or str(claim.worker_id)
    if not started and attempt_records_start(claim):
        # It was claimed, and never began; or its handler had not come to where its effect begins.
        is_loop = _is_crash_loop(claim)
        outcome: Outcome = CrashedBefore(error_of_lost_worker(name)) if is_loop else NotStarted()
    elif signed_off:
        outcome = CutOff(error_of_stopped_worker(name))  # a deploy is no crash
    else:
        outcome = CutOff(error_of_lost_worker(name), crashed=True)
    return Finished(claim, outcome)


def _is_crash_loop(claim: ClaimedJob) -> bool:
    """Whether enough workers died under a handler that says itself where its effect begins."""
    job_type = job_types.find(claim.type)
    calls = job_type is not None and job_type.calls_effect_begins
    return calls and claim.crashes >= jobs_conf().crash_limit
