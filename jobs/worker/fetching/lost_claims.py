"""Attempts that PostgreSQL says this worker runs, and that this worker knows nothing of."""

import logging

from jobs.core.clock import Clock
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.maintenance.lost_claims import jobs_release_lost_claims
from jobs.sql.contention import is_contention
from jobs.worker.fetching.database_time import DatabaseTime
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.lease import Lease

logger = logging.getLogger(__name__)

# How often they are looked for.
LOST_CLAIMS_SECONDS = 10.0
# A claim whose reply is still in transit is younger than this.
IN_TRANSIT_SECONDS = 5.0
# How long the recorder may have to hand over what it has just claimed.
RECORDER_SECONDS = 0.5


class LostClaims:
    """A claim may have been committed although its reply never came. The fetcher looks for them.

    They are looked for after each claim that failed, and every LOST_CLAIMS_SECONDS: such a commit
    may come late, and an outcome may be beyond writing.
    """

    def __init__(
        self, lease: Lease, inflight: Inflight, clock: Clock, database_time: DatabaseTime
    ) -> None:
        self._lease = lease
        self._inflight = inflight
        self._clock = clock
        self._database_time = database_time
        self._released_at = clock.monotonic()
        self._is_uncertain = False

    @property
    def are_due(self) -> bool:
        """Whether `release` should be called now."""
        waited = self._clock.monotonic() - self._released_at
        return self._is_uncertain or waited > LOST_CLAIMS_SECONDS

    def suspect(self) -> None:
        """A claim has failed, and may have been committed."""
        self._is_uncertain = True

    def release(self) -> None:
        """Gives them back, later if the recorder is claiming; raises the database's errors."""
        if not self._inflight.in_transit.acquire(timeout=RECORDER_SECONDS):
            return
        try:
            self._release()
        finally:
            self._inflight.in_transit.release()

    def _release(self) -> None:
        age = 0.0 if self._is_uncertain else IN_TRANSIT_SECONDS
        known = self._inflight.attempts()
        self._released_at = self._clock.monotonic()
        try:
            with self._database_time.measured():
                released = jobs_release_lost_claims(
                    worker_id=self._lease.worker.id, known=known, older_than_seconds=age
                )
        except DATABASE_ERRORS as error:
            # What holds them up may last: the loop goes on, and they are looked for later.
            self._is_uncertain = self._is_uncertain and not is_contention(error)
            raise
        self._is_uncertain = False
        if released.count:
            logger.warning(
                "Gave up %d attempts that only the database knew of",
                released.count,
                extra={
                    "event": "claims.released",
                    "worker": self._lease.worker.name,
                    "count": released.count,
                },
            )
