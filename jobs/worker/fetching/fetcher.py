"""The loop that keeps a worker's pools fed: fetch (Redis) -> claim (PostgreSQL) -> pools."""

import logging
import threading
from collections.abc import Callable

from django.db import connection

from jobs.broker import get_broker
from jobs.core.claim import ClaimedJob
from jobs.core.clock import Clock
from jobs.core.fetch_order import FetchOrder
from jobs.core.message import Fetched
from jobs.core.outage import broker_outage, database_outage, first_line
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.starts import any_attempt_records_start
from jobs.sql.contention import is_contention
from jobs.sql.own_session import own_sessions
from jobs.sql.prepared import search_by_index
from jobs.worker.counts import Counts
from jobs.worker.execution.pools import Pools
from jobs.worker.fetching.claim_size import ClaimSize
from jobs.worker.fetching.claimer import Claimer
from jobs.worker.fetching.database_time import DatabaseTime
from jobs.worker.fetching.lost_claims import LostClaims
from jobs.worker.fetching.past_redis import PastRedis
from jobs.worker.fetching.paused_queues import PausedQueues
from jobs.worker.fetching.source import PAUSED_BLOCK_SECONDS, Source
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.heartbeat import Heartbeat
from jobs.worker.liveness.lease import Lease

logger = logging.getLogger(__name__)

# Without Redis no job is dispatched: how often an idle worker asks PostgreSQL instead.
DATABASE_POLL_SECONDS = 0.5
# How often a busy worker asks whether it holds claims that it cannot start.
CAPACITY_SECONDS = 1.0
# With more unwritten outcomes than this, handlers are faster than PostgreSQL.
UNRECORDED_LIMIT = 2_000
UNRECORDED_PAUSE_SECONDS = 0.05
# Stop fetching when results have waited this long: a crash would leave their outcomes unknown.
BEHIND_SECONDS = 0.5
# Another transaction was in the way: for 1.5 s, or this one had to give way several times.
CONTENTION_SECONDS = 0.1


class Fetcher:
    """One thread that asks nothing of Redis and PostgreSQL itself: its parts do."""

    def __init__(
        self,
        *,
        order: FetchOrder,
        lease: Lease,
        heartbeat: Heartbeat,
        pools: Pools,
        inflight: Inflight,
        paused: PausedQueues,
        clock: Clock,
        stop: threading.Event,
        seconds_behind: Callable[[], float] = lambda: 0.0,
        counts: Counts | None = None,
    ) -> None:
        """`seconds_behind`: for how long outcomes have waited to be written."""
        self._lease = lease
        self._pools = pools
        self._inflight = inflight
        self._clock = clock
        self._stop = stop
        self._seconds_behind = seconds_behind
        self._database_time = DatabaseTime(clock)
        self._paused = paused
        self._source = Source(order, get_broker(), self._database_time, paused, counts)
        self._claimer = Claimer(
            lease, heartbeat, pools, inflight, self._database_time, self._note_claims, counts
        )
        self._lost_claims = LostClaims(lease, inflight, clock, self._database_time)
        self.past_redis = PastRedis(
            lease,
            pools,
            stop,
            self._source,
            self._claimer,
            self._lost_claims,
            may_look_ahead=lambda: self._may_look_ahead,
        )
        self._claim_size = ClaimSize()
        self._may_look_ahead = True
        self._ticked_at = clock.monotonic()
        self._thread = threading.Thread(target=self.run, name="fetcher", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def join(self, timeout_seconds: float) -> None:
        """Waits for the end of the thread."""
        self._thread.join(timeout_seconds)

    @property
    def is_alive(self) -> bool:
        """False once the thread has ended, also of a bug."""
        return self._thread.is_alive()

    def seconds_since_tick(self) -> float:
        """How many seconds ago the last tick ended: a few at most while all is well."""
        return self._clock.monotonic() - self._ticked_at

    def seconds_in_database(self) -> float:
        """For how many seconds of that time the loop has waited for PostgreSQL."""
        return self._database_time.seconds()

    def run(self) -> None:
        """Ticks until the stop."""
        own_sessions()
        search_by_index()
        try:
            while not self._stop.is_set():
                self.tick()
                self._ticked_at = self._clock.monotonic()
                self._database_time.start_tick()
        finally:
            connection.close()

    def tick(self) -> None:
        """One turn of the loop; returns after a few seconds at most."""
        try:
            self._release_lost_claims()
            if self._is_recorder_behind():
                self._clock.wait(self._stop, UNRECORDED_PAUSE_SECONDS)
                return
            if self._pools.is_stalled():
                # Handlers are slower than was expected: other workers may have free slots.
                self._may_look_ahead = False
                self._claimer.give_back_unstarted()
            self._fill_pools()
        except DATABASE_ERRORS as error:
            if is_contention(error):
                self._log_held_up(error)
                self._clock.wait(self._stop, CONTENTION_SECONDS)
                return
            connection.close()
            self._clock.wait(self._stop, database_outage.failed(error))

    def _log_held_up(self, error: Exception) -> None:
        logger.warning(
            "The fetch loop met another transaction and goes on: %s",
            first_line(error),
            extra={"event": "fetch.held_up", "worker": self._lease.worker.name},
        )

    def _fill_pools(self) -> None:
        free = self._pools.wait_for_capacity(CAPACITY_SECONDS, look_ahead=self._may_look_ahead)
        if free == 0:
            return
        if not self._lease.is_held:
            self._clock.wait(self._stop, DATABASE_POLL_SECONDS)
            return
        if not self._source.open_queues:  # every one is paused
            self._clock.wait(self._stop, PAUSED_BLOCK_SECONDS)
            return
        fetched = self._without_paused(self._source.fetch(self._claim_size.within(free)))
        if fetched and self._stop.is_set():
            self._push_back(fetched)
        elif fetched:
            self._claim(fetched)
        elif broker_outage.is_on:
            self._clock.wait(self._stop, DATABASE_POLL_SECONDS)

    def _claim(self, fetched: list[Fetched]) -> None:
        try:
            unclaimed, left = self._claimer.claim(fetched)
        except DATABASE_ERRORS:
            self._lost_claims.suspect()
            self._push_back(fetched)
            raise
        tried = len(fetched) - len(left)
        self._claim_size.tried(tried, is_full=bool(left))
        if left:
            self._push_back(left)
            self._may_look_ahead = False  # large payloads wait in PostgreSQL, not in memory
        any_claimed = len(unclaimed) < tried
        if unclaimed:
            self._resolve(unclaimed, any_claimed)
        if broker_outage.is_on and not any_claimed:
            # PostgreSQL would name the same jobs again: other transactions hold their rows.
            self._clock.wait(self._stop, DATABASE_POLL_SECONDS)

    def _resolve(self, unclaimed: list[Fetched], any_claimed: bool) -> None:
        try:
            self._claimer.resolve(unclaimed, any_claimed=any_claimed)
        except DATABASE_ERRORS:
            self._push_back(unclaimed)
            raise

    def _without_paused(self, fetched: list[Fetched]) -> list[Fetched]:
        """A queue may have been paused while this worker waited for one of its jobs."""
        if not (paused := self._paused.among(fetched)):
            return fetched
        self._push_back(paused)
        return [one for one in fetched if one not in paused]

    def _push_back(self, fetched: list[Fetched]) -> None:
        self._source.push_back(fetched)

    def _note_claims(self, claims: list[ClaimedJob]) -> None:
        # No look-ahead for handlers whose start is written: if this worker dies, a claim that has
        # waited must not look like one that was cut off, nor cost a retry.
        self._may_look_ahead = not any_attempt_records_start(claims)

    def _is_recorder_behind(self) -> bool:
        unrecorded = len(self._inflight) - self._pools.held
        return unrecorded > UNRECORDED_LIMIT or self._seconds_behind() > BEHIND_SECONDS

    def _release_lost_claims(self) -> None:
        if not self._lost_claims.are_due:
            return
        try:
            self._lost_claims.release()
        except DATABASE_ERRORS:
            raise
        except Exception:
            logger.exception(
                "Attempts that only the database knows of could not be given back",
                extra={"event": "claims.not_released", "worker": self._lease.worker.name},
            )
