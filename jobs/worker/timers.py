"""What every worker does on a timer, so that no one worker is needed: repair and promotion."""

import threading
from functools import partial

from jobs.broker import get_broker
from jobs.clock import Clock
from jobs.conf import jobs_conf
from jobs.models import Job
from jobs.outage import redis_outage
from jobs.services.recovery import (
    HEARD_BEATS,
    PRUNE_LIMIT,
    RESCUE_LIMIT,
    RING_LIMIT_PER_LIST,
    jobs_prune,
    jobs_rescue,
    jobs_ring_again,
)
from jobs.worker import report
from jobs.worker.executor import Executor
from jobs.worker.inflight import Inflight
from jobs.worker.lease import Lease
from jobs.worker.periodic import Periodic

# A delayed job is late by half of this on average.
RING_DUE_SECONDS = 0.1
RING_DUE_LIMIT = 1_000
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
    executor: Executor,
    clock: Clock,
    stop: threading.Event,
) -> list[Periodic]:
    """The worker's timers; each has a thread, so that one that hangs delays no other."""
    conf = jobs_conf()
    every = partial(Periodic, clock=clock, stop=stop)
    return [
        every("ring-due", RING_DUE_SECONDS, _ring_due),
        every("rescue", conf.heartbeat_seconds * RESCUE_BEATS, lambda: _rescue(lease, stop)),
        every("ring-again", conf.reconcile_seconds, lambda: _ring_again(queues, stop)),
        every("prune", PRUNE_SECONDS, lambda: _prune(stop)),
        every("cancel", CANCEL_SECONDS, lambda: _learn_of_cancellations(lease, inflight)),
        every("timeouts", TIMEOUT_SECONDS, executor.interrupt_overdue),
    ]


def _ring_due() -> None:
    # Ends no outage: where nothing is due, a Redis that refuses every ring does not object.
    if redis_outage.seconds_to_next_try > 0:
        return
    while get_broker().ring_due(RING_DUE_LIMIT) == RING_DUE_LIMIT:
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


def _ring_again(queues: list[str], stop: threading.Event) -> None:
    """Round by round, while there is more; no list has had its fill before it had so many.

    Not while Redis is left alone: what nobody rings for must not be dated as if it were rung.
    """
    full = True
    while full and not stop.is_set() and redis_outage.seconds_to_next_try == 0:
        full = jobs_ring_again(queues=queues) >= RING_LIMIT_PER_LIST


def _prune(stop: threading.Event) -> None:
    """Round by round, with pauses: old rows are in nobody's way."""
    while jobs_prune() >= PRUNE_LIMIT and not stop.wait(PRUNE_PAUSE_SECONDS):
        pass


def _learn_of_cancellations(lease: Lease, inflight: Inflight) -> None:
    if len(inflight):
        inflight.cancel(Job.objects.cancel_requested(lease.worker.id))
