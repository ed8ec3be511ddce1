"""The worker's part in dispatching again what Redis has lost."""

import logging
import math
import threading
from itertools import chain, repeat

from jobs.core.clock import Clock
from jobs.core.conf import jobs_conf
from jobs.services.maintenance.redispatch import SearchedLists, jobs_redispatch_lost
from jobs.services.maintenance.round import Round, run_rounds
from jobs.services.standing_work import StandingWork
from jobs.worker.counts import Counts
from jobs.worker.periodic import may_ask_redis

logger = logging.getLogger(__name__)


class RedispatchTimer:
    """Not during an outage of Redis: rows must not be dated as dispatched when nothing was.

    A turn ends, whatever becomes of what it dispatches: it dispatches each job at most once.
    """

    def __init__(
        self,
        queues: list[str],
        standing_work: StandingWork,
        counts: Counts,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._queues = queues
        self._standing_work = standing_work
        self._counts = counts
        self._clock = clock
        self._stop = stop
        self._searched = SearchedLists()
        self._began_anew_at = -math.inf

    def __call__(self) -> None:
        """Searches from the beginning once in a worker timeout, else where it has ended."""
        if not may_ask_redis(self._stop):
            return
        now = self._clock.monotonic()
        if now - self._began_anew_at >= jobs_conf().worker_timeout_seconds:
            self._searched.forget()
            self._began_anew_at = now
        began_at = self._standing_work.known().at
        moments = chain([began_at], repeat(None))  # it is long ago once a round has taken its time

        def one_round() -> Round:
            return jobs_redispatch_lost(
                queues=self._queues,
                asked_at=next(moments),
                dispatched_before=began_at,
                searched=self._searched,
            )

        count = 0
        try:
            for done in run_rounds(one_round, may_go_on=lambda: may_ask_redis(self._stop)):
                self._counts.step("redispatched", done.count)
                count += done.count
        finally:  # Redis may be gone again in the middle
            _log(count)


def _log(count: int) -> None:
    """One line a turn: a million lost jobs are three hundred rounds."""
    if count:
        logger.info(
            "Dispatched %d jobs again that Redis had lost",
            count,
            extra={"event": "jobs.redispatched", "count": count},
        )
