"""Turns of a worker's timers, without the worker."""

import threading

from jobs.core.clock import SystemClock
from jobs.services.standing_work import StandingWork
from jobs.worker.counts import Counts
from jobs.worker.redispatch_timer import RedispatchTimer


def redispatch_turn() -> None:
    """Of the first turn of a worker of the queue `default`."""
    RedispatchTimer(["default"], StandingWork(), Counts(), SystemClock(), threading.Event())()
