"""What every worker does on a timer, so that no one worker is needed: repair and promotion."""

import threading
from functools import partial

from jobs.broker import get_broker
from jobs.core.clock import Clock
from jobs.core.conf import jobs_conf
from jobs.core.outage import broker_outage
from jobs.models import Job
from jobs.services.maintenance.prune import PRUNE_LIMIT, jobs_prune
from jobs.services.maintenance.redispatch import REDISPATCH_LIMIT_PER_LIST, jobs_redispatch_lost
from jobs.services.maintenance.rescue import HEARD_BEATS, RESCUE_LIMIT, jobs_rescue
from jobs.worker.execution.thread_pool import ThreadPool
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.lease import Lease
from jobs.worker.periodic import Periodic
from jobs.worker.recording import outcome_log as report

# A delayed job is late by half of this on average.
PROMOTE_SECONDS = 0.1
PROMOTE_LIMIT = 1_000
PRUNE_SECONDS = 60.0
PRUNE_PAUSE_SECONDS = 0.5
# Twice a beat: silence is noticed by the timeout, the age of one's own beat, and one such turn.
RESCUE_BEATS = 0.5
# A running handler learns so late, at most, that it was cancelled or is overdue.
CANCEL_SECONDS = 1.0
TIMEOUT_SECONDS = 0.25


def timers(
    *,
    queues: list[str],
    lease: Lease,
    inflight: Inflight,
    executor: ThreadPool,
    clock: Clock,
    stop: threading.Event,
) -> list[Periodic]:
    """The worker's timers; each has a thread, so that one that hangs delays no other."""
    conf = jobs_conf()
    every = partial(Periodic, clock=clock, stop=stop)
    return [
        every("ring-due", PROMOTE_SECONDS, _promote_due),
        every("rescue", conf.heartbeat_seconds * RESCUE_BEATS, lambda: _rescue(lease, stop)),
        every("ring-again", conf.redispatch_seconds, lambda: _redispatch_lost(queues, stop)),
        every("prune", PRUNE_SECONDS, lambda: _prune(stop)),
        every("cancel", CANCEL_SECONDS, lambda: _learn_of_cancellations(lease, inflight)),
        every("timeouts", TIMEOUT_SECONDS, executor.interrupt_overdue),
    ]


def _promote_due() -> None:
    # Ends no outage: where nothing is due, a Redis that refuses every ring does not object.
    if broker_outage.seconds_to_next_try > 0:
        return
    while get_broker().promote_due(PROMOTE_LIMIT) == PROMOTE_LIMIT:
        pass


def _rescue(lease: Lease, stop: threading.Event) -> None:
    """Round by round, while there is more. Whom this worker may declare dead: `jobs_rescue`."""
    full = True
    while full and not stop.is_set():
        heard_at = lease.steadily_heard_at(HEARD_BEATS * jobs_conf().heartbeat_seconds)
        rescued = jobs_rescue(heard_at=heard_at)
        for one in rescued:
            report.recorded(one)
        full = len(rescued) >= RESCUE_LIMIT


def _redispatch_lost(queues: list[str], stop: threading.Event) -> None:
    """Round by round, while there is more; no list has had its fill before it had so many.

    Not while Redis is left alone: what nobody rings for must not be dated as if it were rung.
    """
    full = True
    while full and not stop.is_set() and broker_outage.seconds_to_next_try == 0:
        full = jobs_redispatch_lost(queues=queues) >= REDISPATCH_LIMIT_PER_LIST


def _prune(stop: threading.Event) -> None:
    """Round by round, with pauses: old rows are in nobody's way."""
    while jobs_prune() >= PRUNE_LIMIT and not stop.wait(PRUNE_PAUSE_SECONDS):
        pass


def _learn_of_cancellations(lease: Lease, inflight: Inflight) -> None:
    if len(inflight):
        inflight.cancel(Job.objects.cancel_requested(lease.worker.id))
