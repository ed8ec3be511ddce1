"""What every worker does on a timer, so that no single worker is needed: repair and promotion."""

import threading
from functools import partial

from jobs.core.clock import Clock
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.services.limits.book import limit_book
from jobs.services.maintenance.admit import jobs_admit_due, limits_repair
from jobs.services.maintenance.cancel_batches import jobs_cancel_in_batches
from jobs.services.maintenance.expire import jobs_expire_overdue
from jobs.services.maintenance.fold_roll_ups import jobs_fold_roll_ups
from jobs.services.maintenance.promote import jobs_promote_due
from jobs.services.maintenance.prune import jobs_prune
from jobs.services.maintenance.prune_logins import jobs_prune_logins
from jobs.services.maintenance.redrive import jobs_redrive
from jobs.services.maintenance.round import run_rounds
from jobs.services.schedules.prepared import PreparedFires
from jobs.services.standing_work import StandingWork
from jobs.worker.counts import Counts
from jobs.worker.execution.thread_pool import ThreadPool
from jobs.worker.fetching.paused_queues import PausedQueues
from jobs.worker.fold_counts_timer import FoldCountsTimer
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.lease import Lease
from jobs.worker.periodic import Periodic, may_ask_redis
from jobs.worker.recording.progress_reporter import ProgressReporter
from jobs.worker.redispatch_timer import RedispatchTimer
from jobs.worker.rescue_timer import RescueTimer
from jobs.worker.schedule_timer import FIRE_SECONDS, ScheduleTimer

# A delayed job is late by half of this on average.
PROMOTE_SECONDS = 0.1
# A limited job whose moment has come, or whose token has come in, is late by half of this.
ADMIT_SECONDS = 0.05
PRUNE_SECONDS = 60.0
FOLD_SECONDS = 60.0
# Readers add up what is not folded yet: some rows for each batch of deaths.
FOLD_COUNTS_SECONDS = 10.0
# A redrive replays the part of its rate that belongs to so much time.
REDRIVE_SECONDS = 0.5
# Between rounds of thousands of rows: pruning keeps up with the fastest drain, and stays in the
# background.
PRUNE_PAUSE_SECONDS = 0.1
# Twice a heartbeat: a dead worker is noticed after the timeout, the age of this worker's own
# heartbeat, and one such pause.
RESCUE_BEATS = 0.5
# A running handler learns within this time that it was cancelled or is overdue.
CANCEL_SECONDS = 1.0
TIMEOUT_SECONDS = 0.25
# A job that has expired is seen to be so this much later; it is not claimed meanwhile.
EXPIRE_SECONDS = 1.0
# A pause, or its end, is effective within a second: this, and what `PAUSED_BLOCK_SECONDS` adds; or
# twice this, of an idle worker that has nothing to give back (`paused_queues.IDLE_SECONDS`).
PAUSES_SECONDS = 0.45
# How often reports of handlers are written; clients see them that much later.
PROGRESS_SECONDS = 1.0


def timers(
    *,
    queues: list[str],
    lease: Lease,
    inflight: Inflight,
    paused: PausedQueues,
    standing_work: StandingWork,
    threads: ThreadPool,
    progress: ProgressReporter,
    counts: Counts,
    clock: Clock,
    stop: threading.Event,
) -> list[Periodic]:
    """The worker's timers; each has a thread, so that one that hangs delays no other."""
    conf = jobs_conf()
    every = partial(Periodic, clock=clock, stop=stop)
    return [
        every("promote", PROMOTE_SECONDS, lambda: _promote_due(counts, stop)),
        every(
            "rescue",
            conf.heartbeat_seconds * RESCUE_BEATS,
            RescueTimer(lease, standing_work, counts, clock, stop),
        ),
        every(
            "redispatch",
            conf.redispatch_seconds,
            RedispatchTimer(queues, standing_work, counts, clock, stop),
        ),
        every(
            "fire",
            FIRE_SECONDS,
            ScheduleTimer(clock, stop, PreparedFires(lambda: lease.worker.id), standing_work),
        ),
        every("admit", ADMIT_SECONDS, lambda: _admit_due(stop)),
        every("admit repair", conf.redispatch_seconds, _repair_limits),
        every("fold roll-ups", FOLD_SECONDS, lambda: _fold(stop)),
        every(
            "fold dead letter counts",
            FOLD_COUNTS_SECONDS,
            FoldCountsTimer(standing_work, clock, stop),
        ),
        every("redrive", REDRIVE_SECONDS, lambda: _redrive(standing_work, counts, stop)),
        every("prune", PRUNE_SECONDS, lambda: _prune(counts, clock, stop)),
        every("cancel", CANCEL_SECONDS, lambda: _learn_of_cancellations(lease, inflight)),
        every("expire", EXPIRE_SECONDS, lambda: _expire(standing_work, stop)),
        every("cancel batches", CANCEL_SECONDS, lambda: _cancel_batches(standing_work, stop)),
        every("pauses", PAUSES_SECONDS, paused.keep_up),
        every("timeouts", TIMEOUT_SECONDS, threads.interrupt_overdue),
        every("progress", PROGRESS_SECONDS, progress.write),
    ]


def _promote_due(counts: Counts, stop: threading.Event) -> None:
    # A success here ends no outage: where nothing is due, a Redis that refuses writes says nothing.
    for done in run_rounds(jobs_promote_due, may_go_on=lambda: may_ask_redis(stop)):
        counts.step("promoted", done.count)


def _expire(standing_work: StandingWork, stop: threading.Event) -> None:
    if standing_work.known().has_overdue_jobs:
        for _ in run_rounds(jobs_expire_overdue, may_go_on=lambda: not stop.is_set()):
            pass


def _cancel_batches(standing_work: StandingWork, stop: threading.Event) -> None:
    if standing_work.known().has_cancelled_batches:
        for _ in run_rounds(jobs_cancel_in_batches, may_go_on=lambda: not stop.is_set()):
            pass


def _admit_due(stop: threading.Event) -> None:
    """Without any limit it asks nothing, but once in a while whether there is one by now."""
    if limit_book.any_limit:
        for _ in run_rounds(jobs_admit_due, may_go_on=lambda: not stop.is_set()):
            pass


def _repair_limits() -> None:
    if limit_book.any_limit:
        limits_repair()


def _fold(stop: threading.Event) -> None:
    for _ in run_rounds(jobs_fold_roll_ups, may_go_on=lambda: not stop.is_set()):
        pass


def _redrive(standing_work: StandingWork, counts: Counts, stop: threading.Event) -> None:
    if standing_work.known().has_redrives:
        for done in run_rounds(jobs_redrive, may_go_on=lambda: not stop.is_set()):
            counts.step("redriven", done.count)


def _prune(counts: Counts, clock: Clock, stop: threading.Event) -> None:
    """With a pause before each round: old rows are in no job's way."""
    for prune in (jobs_prune, jobs_prune_logins):
        for done in run_rounds(prune, may_go_on=lambda: not clock.wait(stop, PRUNE_PAUSE_SECONDS)):
            counts.step("pruned", done.count)


def _learn_of_cancellations(lease: Lease, inflight: Inflight) -> None:
    if job_ids := inflight.job_ids():
        inflight.cancel(Job.objects.cancel_requested(lease.worker.id, job_ids))
