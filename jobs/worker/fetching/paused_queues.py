"""Which queues are paused, and what a worker does when one of its own is."""

import logging
from collections.abc import Callable, Sequence

from jobs.core.message import Fetched
from jobs.services.standing_work import StandingWork
from jobs.worker.execution.pools import Pools
from jobs.worker.fetching.unstarted import give_back_unstarted
from jobs.worker.inflight import Inflight

logger = logging.getLogger(__name__)

# A worker that runs nothing, and of whose queues none is paused, has nothing to give back.
IDLE_SECONDS = 0.8


class PausedQueues:
    """What PostgreSQL said last; while it is away, a worker goes on with that.

    To a worker that drains all of its queues are as if they were paused. One thread refreshes, the
    fetcher asks.
    """

    def __init__(
        self,
        queues: Sequence[str],
        pools: Pools,
        inflight: Inflight,
        standing_work: StandingWork,
        is_draining: Callable[[], bool] = lambda: False,
    ) -> None:
        """`queues`: those of the worker. Raises the database's errors."""
        self._queues = queues
        self._pools = pools
        self._inflight = inflight
        self._standing_work = standing_work
        self._is_draining = is_draining
        self._paused = self._asked()
        self._names = self._paused

    def keep_up(self) -> None:
        """Refreshes; once in `IDLE_SECONDS` while nothing runs and nothing is paused."""
        if self._names or self._inflight or self._standing_work.age_seconds >= IDLE_SECONDS:
            self.refresh()

    def refresh(self) -> None:
        """Asks PostgreSQL, and gives back claims of paused queues that have not begun.

        Asked again and again while a queue is paused: the fetcher may have claimed one of its jobs
        at the moment at which this worker learned of the pause. Raises the database's errors.
        """
        paused = self._asked()
        self._log(paused)
        self._paused = paused
        self._names = frozenset(self._queues) if self._is_draining() else paused
        if self._names:
            give_back_unstarted(self._pools, self._inflight, self._names)

    def without(self, queues: Sequence[str]) -> list[str]:
        """Those of the queues that are not paused, in their order."""
        return [name for name in queues if name not in self._names]

    def among(self, fetched: Sequence[Fetched]) -> list[Fetched]:
        """What was fetched of paused queues."""
        names = self._names
        return [one for one in fetched if one.message.queue in names] if names else []

    def _asked(self) -> frozenset[str]:
        return self._standing_work.read().paused_queues.intersection(self._queues)

    def _log(self, names: frozenset[str]) -> None:
        for name in sorted(names - self._paused):
            logger.info(
                "Queue %s is paused: nothing more is taken from it",
                name,
                extra={"event": "queue.paused", "queue": name},
            )
        for name in sorted(self._paused - names):
            logger.info(
                "Queue %s is resumed", name, extra={"event": "queue.resumed", "queue": name}
            )
