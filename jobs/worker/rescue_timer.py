"""The worker's part in rescue: which workers it may declare dead, and how far it looks."""

import math
import threading
from functools import partial

from jobs.core.clock import Clock
from jobs.core.conf import jobs_conf
from jobs.services.maintenance.rescue import HEARD_BEATS, RescueRound, jobs_rescue
from jobs.services.maintenance.round import run_rounds
from jobs.services.standing_work import StandingWork
from jobs.worker.counts import Counts
from jobs.worker.liveness.lease import Lease
from jobs.worker.recording.outcome_log import log_recorded


class RescueTimer:
    """To be called twice a heartbeat; see `jobs_rescue`."""

    def __init__(
        self,
        lease: Lease,
        standing_work: StandingWork,
        counts: Counts,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._lease = lease
        self._standing_work = standing_work
        self._counts = counts
        self._clock = clock
        self._stop = stop
        self._looked_far_at = -math.inf

    def __call__(self) -> None:
        """Looks at all that runs once in a worker timeout, else at what has stopped lately, if any
        worker has."""
        started_at = self._clock.monotonic()
        looks_far = started_at - self._looked_far_at >= jobs_conf().worker_timeout_seconds
        if not looks_far and not self._standing_work.known().has_gone_workers:
            return
        one_round = partial(self._round, lately=not looks_far)
        for done in run_rounds(one_round, may_go_on=lambda: not self._stop.is_set()):
            self._counts.step("rescued", done.count)
            self._counts.recorded(done.recorded)
            for one in done.recorded:
                log_recorded(one)
            if looks_far and not done.was_skipped and not done.is_full:
                self._looked_far_at = started_at

    def _round(self, lately: bool) -> RescueRound:
        heard_at = self._lease.steadily_heard_at(HEARD_BEATS * jobs_conf().heartbeat_seconds)
        return jobs_rescue(heard_at=heard_at, lately=lately)
