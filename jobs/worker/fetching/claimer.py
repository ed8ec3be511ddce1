"""Claims what was fetched, and resolves what could not be claimed."""

from collections.abc import Callable

from jobs.core import kill_points
from jobs.core.claim import ClaimedJob
from jobs.core.message import Fetched
from jobs.core.outage import database_outage
from jobs.services.attempts import jobs_claim, jobs_give_back
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.worker.execution.pools import Pools
from jobs.worker.fetching.database_time import DatabaseTime
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.heartbeat import Heartbeat
from jobs.worker.liveness.lease import Lease


class Claimer:
    """fetched ids -> claims -> pools. Its methods raise the database's errors."""

    def __init__(
        self,
        lease: Lease,
        heartbeat: Heartbeat,
        pools: Pools,
        inflight: Inflight,
        database_time: DatabaseTime,
        claimed: Callable[[list[ClaimedJob]], None],
    ) -> None:
        """`claimed`: is called with the claims of each batch, before the pools get them."""
        self._lease = lease
        self._heartbeat = heartbeat
        self._pools = pools
        self._inflight = inflight
        self._database_time = database_time
        self._claimed = claimed

    def claim(self, fetched: list[Fetched]) -> list[Fetched]:
        """Claims what may start now and hands it to the pools; returns what could not be claimed.

        An exception does not say whether the claim was committed.
        """
        kill_points.reached(kill_points.POP_CLAIM)
        # What a cache mark ties to another job need not be tried: PostgreSQL resolves it below.
        wanted = [one.message.job_id for one in fetched if not one.has_key_conflict]
        with self._database_time.measured():
            claims = jobs_claim(worker_id=self._lease.worker.id, job_ids=wanted)
        self._submit(claims)
        claimed = {claim.id for claim in claims}
        return [one for one in fetched if one.message.job_id not in claimed]

    def resolve(self, unclaimed: list[Fetched], *, any_claimed: bool) -> None:
        """What could not be claimed is skipped, deferred, or dispatched again."""
        with self._database_time.measured():
            if not any_claimed:
                # Perhaps this worker may not claim at all, because others declared it dead.
                self._heartbeat.beat()
            jobs_resolve_key_conflicts(
                job_ids=[one.message.job_id for one in unclaimed], worker_id=self._lease.worker.id
            )

    def give_back_unstarted(self) -> None:
        """Gives back, at no cost, what waits in the pools; they keep it if that fails."""
        unstarted = self._pools.take_back()
        try:
            with self._database_time.measured():
                jobs_give_back(claims=unstarted)
        except DATABASE_ERRORS:
            self._pools.submit(unstarted)
            raise
        self._inflight.remove(unstarted)

    def _submit(self, claims: list[ClaimedJob]) -> None:
        """Before anything else can fail: what is claimed must run, or be given back."""
        if claims:
            database_outage.ended()  # without claims PostgreSQL may not even have been asked
            self._inflight.add(claims)
            self._claimed(claims)
            self._pools.submit(claims)
