"""Claims that the recorder makes for its worker, of jobs that never lie in Redis."""

import threading
from collections.abc import Callable

from jobs.core.claim import Claimant, ClaimedJob
from jobs.services.attempts import jobs_give_back
from jobs.worker.execution.pools import Pools
from jobs.worker.fetching.claimer import Claimer
from jobs.worker.fetching.lost_claims import LostClaims
from jobs.worker.fetching.source import Source
from jobs.worker.liveness.lease import Lease


class PastRedis:
    """What the recorder is told, and tells; used from its thread."""

    def __init__(
        self,
        lease: Lease,
        pools: Pools,
        stop: threading.Event,
        source: Source,
        claimer: Claimer,
        lost_claims: LostClaims,
        *,
        may_look_ahead: Callable[[], bool],
    ) -> None:
        """All of the fetcher's own; `may_look_ahead`: whether claims may wait behind the slots."""
        self._lease = lease
        self._pools = pools
        self._stop = stop
        self._source = source
        self._claimer = claimer
        self._lost_claims = lost_claims
        self._may_look_ahead = may_look_ahead

    def claimant(self) -> Claimant | None:
        """This worker, while its fetcher waits because all its lists are empty; else None.

        What is admitted then may be claimed past Redis: it overtakes no job of another queue or
        priority.
        """
        if not self._source.is_waiting or self._stop.is_set() or not self._lease.is_held:
            return None
        most = self._pools.wait_for_capacity(0.0, look_ahead=self._may_look_ahead())
        queues = self._source.open_queues
        return Claimant(self._lease.worker.id, queues, most) if most > 0 and queues else None

    def take(self, claims: list[ClaimedJob]) -> None:
        """Runs what was claimed; at the stop it goes back. Raises the database's errors."""
        if self._stop.is_set():
            jobs_give_back(claims=claims)
        else:
            self._claimer.submit(claims)

    def suspect(self) -> None:
        """A claim has failed, and may have been committed."""
        self._lost_claims.suspect()

    def seconds_to_idle(self) -> float:
        """How soon every claim will have ended, by the running mean of handler times."""
        return self._pools.seconds_to_idle()
