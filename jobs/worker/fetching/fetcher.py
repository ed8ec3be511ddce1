"""Waits on Redis a few seconds at most, then claims a batch for the slots that are free."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from jobs.broker import get_broker
from jobs.broker.base import Broker
from jobs.core import kill_points
from jobs.core.claim import ClaimedJob
from jobs.core.clock import Clock
from jobs.core.errors import BrokerUnavailable
from jobs.core.message import Fetched, QueueMessage
from jobs.core.outage import broker_outage, database_outage
from jobs.models import Job
from jobs.services.attempts import attempt_records_start, jobs_claim, jobs_give_back
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.maintenance.lost_claims import jobs_release_lost_claims
from jobs.sql.prepared import search_by_index
from jobs.worker.execution.pools import Pools
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.heartbeat import Heartbeat
from jobs.worker.liveness.lease import Lease

logger = logging.getLogger(__name__)

# Short enough that a stop is seen soon, long enough that an idle worker costs nothing.
BLOCK_SECONDS = 2.0
# Without Redis nobody rings: how often an idle worker looks into the ledger instead.
DATABASE_POLL_SECONDS = 0.5
# How often a busy worker looks whether it holds claims that it cannot start.
CAPACITY_SECONDS = 1.0
# How often it looks for attempts that the ledger says it runs and of which it knows nothing.
LOST_CLAIMS_SECONDS = 10.0
# None of these is younger, unless the answer to a claim has just got lost.
LOST_FOR_SECONDS = 5.0
# More outcomes than this that wait to be written: handlers are quicker than the ledger.
UNRECORDED_LIMIT = 2_000
UNRECORDED_PAUSE_SECONDS = 0.05
# A commit that takes longer is none: what is done meanwhile would be unknown after a crash.
BEHIND_SECONDS = 0.5


class Fetcher:
    """fetch (Redis) -> claim (PostgreSQL) -> pools."""

    def __init__(
        self,
        *,
        queues: list[str],
        lease: Lease,
        heartbeat: Heartbeat,
        pools: Pools,
        inflight: Inflight,
        clock: Clock,
        stop: threading.Event,
        seconds_behind: Callable[[], float] = lambda: 0.0,
        broker: Broker | None = None,
    ) -> None:
        """`seconds_behind`: for how long outcomes have waited to be written."""
        self._queues = queues
        self._lease = lease
        self._heartbeat = heartbeat
        self._pools = pools
        self._inflight = inflight
        self._clock = clock
        self._stop = stop
        self._seconds_behind = seconds_behind
        self._broker = broker or get_broker()
        self._look_ahead = True
        self._unmarked: QueueMessage | None = None
        self._claim_is_uncertain = False
        self._turned = self._released_lost_claims_at = clock.monotonic()
        self._asked_database: float | None = None
        self._waited_for_database = 0.0
        self._thread = threading.Thread(target=self.run, name="fetcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_seconds: float) -> None:
        self._thread.join(timeout_seconds)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def seconds_since_turn(self) -> float:
        """How long ago the loop last turned: a few seconds at most while all is well."""
        return self._clock.monotonic() - self._turned

    def seconds_in_database(self) -> float:
        """How much of that time it has waited for PostgreSQL, which may have frozen."""
        asked = self._asked_database
        waiting = 0.0 if asked is None else self._clock.monotonic() - asked
        return self._waited_for_database + waiting

    def run(self) -> None:
        """Loops until the stop."""
        search_by_index()
        try:
            while not self._stop.is_set():
                self.step()
                self._turned = self._clock.monotonic()
                self._waited_for_database = 0.0
        finally:
            connection.close()

    def step(self) -> None:
        """One turn of the loop; returns after a few seconds at most."""
        if self._claim_is_uncertain or self._is_time_to_release_lost_claims():
            self._release_lost_claims()
        unrecorded = len(self._inflight) - self._pools.held
        if unrecorded > UNRECORDED_LIMIT or self._seconds_behind() > BEHIND_SECONDS:
            self._clock.wait(self._stop, UNRECORDED_PAUSE_SECONDS)
            return
        if self._pools.is_stalled():
            self._give_back_stalled()
        room = self._pools.wait_for_capacity(CAPACITY_SECONDS, look_ahead=self._look_ahead)
        if room == 0:
            return
        if not self._lease.is_held:
            self._clock.wait(self._stop, DATABASE_POLL_SECONDS)
            return
        self._take(self._fetch(room))
        if self._unmarked is not None:
            time.sleep(0)  # lets go of the interpreter: a slot begins with what was claimed
            self._take(self._fetch_behind(self._unmarked, room))
            self._unmarked = None

    def _take(self, fetched: list[Fetched]) -> None:
        if fetched and self._stop.is_set():
            self._give_back(fetched)
        elif fetched:
            self._claim(fetched)

    def _give_back_stalled(self) -> None:
        """Slow handlers came where fast ones were expected: others may have free slots."""
        self._look_ahead = False
        unstarted = self._pools.take_back()
        try:
            with self._database():
                jobs_give_back(claims=unstarted)
        except DATABASE_ERRORS as error:
            self._pools.submit(unstarted)
            self._database_failed(error)
        else:
            self._inflight.remove(unstarted)

    def _fetch(self, room: int) -> list[Fetched]:
        if broker_outage.seconds_to_next_try > 0:
            return self._fetch_from_database(room)
        try:
            fetched = self._fetch_from_redis(room)
        except BrokerUnavailable as error:
            broker_outage.failed(error)
            return self._fetch_from_database(room)
        broker_outage.ended()
        return fetched

    def _fetch_from_redis(self, room: int) -> list[Fetched]:
        fetched = self._broker.fetch(self._turned_queues(), room)
        if not fetched:
            self._unmarked = self._broker.wait(self._turned_queues(), BLOCK_SECONDS)
            if self._unmarked:
                # An idle worker does not ask L1 first: the ledger decides anyway, 0.4 ms sooner.
                return [Fetched(self._unmarked, cache_mark="")]
        return [one for one in fetched if not one.already_done]

    def _fetch_behind(self, popped: QueueMessage, room: int) -> list[Fetched]:
        """Marks what was claimed first, and takes what came in behind it."""
        if self._stop.is_set() or self._claim_is_uncertain:
            return []
        try:
            fetched = self._broker.fetch(self._queues, room, popped)
        except BrokerUnavailable as error:
            broker_outage.failed(error)
            return []
        # The first one is `popped` itself. Further rings for the same job may have come meanwhile.
        return [one for one in fetched[1:] if not one.already_done]

    def _turned_queues(self) -> list[str]:
        """Queues take turns, so that within a priority none of them starves."""
        self._queues = self._queues[1:] + self._queues[:1]
        return self._queues

    def _fetch_from_database(self, room: int) -> list[Fetched]:
        """While Redis is away, work goes on."""
        try:
            with self._database():
                messages = Job.objects.next_due(self._queues, room)
        except DATABASE_ERRORS as error:
            self._database_failed(error)
            return []
        if not messages:
            self._clock.wait(self._stop, DATABASE_POLL_SECONDS)
        return [Fetched(message, cache_mark="") for message in messages]

    def _claim(self, fetched: list[Fetched]) -> None:
        kill_points.reached(kill_points.POP_CLAIM)
        # What L1 says is has_key_conflict need not be tried: the ledger settles it.
        wanted = [one.message.job_id for one in fetched if not one.has_key_conflict]
        try:
            with self._database():
                claims = jobs_claim(worker_id=self._lease.worker.id, job_ids=wanted)
        except DATABASE_ERRORS as error:
            self._claim_is_uncertain = True
            self._give_back(fetched)
            self._database_failed(error)
            return
        self._submit(claims)
        claimed = {claim.id for claim in claims}
        self._settle([one for one in fetched if one.message.job_id not in claimed], bool(claims))
        if broker_outage.is_on and not claims:
            # The ledger would hand out the same jobs again: somebody holds their rows.
            self._clock.wait(self._stop, DATABASE_POLL_SECONDS)

    def _submit(self, claims: list[ClaimedJob]) -> None:
        """Before anything else may fail: what is claimed must run, or be given back."""
        if claims:
            database_outage.ended()  # without claims the ledger may not even have been asked
            self._inflight.add(claims)
            self._look_ahead = not any(attempt_records_start(claim) for claim in claims)
            self._pools.submit(claims)

    def _settle(self, left: list[Fetched], any_claimed: bool) -> None:
        """What could not be claimed is skipped, deferred, or rung again."""
        if not left:
            return
        try:
            with self._database():
                if not any_claimed:
                    # Perhaps this worker may not claim at all: others declared it dead.
                    self._heartbeat.beat()
                jobs_resolve_key_conflicts(
                    job_ids=[one.message.job_id for one in left], worker_id=self._lease.worker.id
                )
        except DATABASE_ERRORS as error:
            self._give_back(left)
            self._database_failed(error)

    def _give_back(self, fetched: list[Fetched]) -> None:
        try:
            self._broker.push_back([one.message for one in fetched])
        except BrokerUnavailable as error:
            broker_outage.failed(error)  # the reconciler rings for them

    def _database_failed(self, error: Exception) -> None:
        connection.close()
        self._clock.wait(self._stop, database_outage.failed(error))

    @contextmanager
    def _database(self) -> Iterator[None]:
        """PostgreSQL is asked: a probe is to tell waiting for it from a loop that is stuck."""
        self._asked_database = asked = self._clock.monotonic()
        try:
            yield
        finally:
            self._waited_for_database += self._clock.monotonic() - asked
            self._asked_database = None

    def _is_time_to_release_lost_claims(self) -> bool:
        return self._clock.monotonic() - self._released_lost_claims_at > LOST_CLAIMS_SECONDS

    def _release_lost_claims(self) -> None:
        """A claim may have been committed whose answer never came. Only this thread claims.

        Also now and then: such a commit may come late, and an outcome may be beyond writing.
        """
        age = 0.0 if self._claim_is_uncertain else LOST_FOR_SECONDS
        known = self._inflight.attempts()
        worker_id = self._lease.worker.id
        self._released_lost_claims_at = self._clock.monotonic()
        try:
            with self._database():
                released = jobs_release_lost_claims(
                    worker_id=worker_id, known=known, older_than_seconds=age
                )
        except DATABASE_ERRORS as error:
            self._database_failed(error)
        except Exception:
            logger.exception("Attempts that are known only to the ledger could not be given back")
        else:
            self._claim_is_uncertain = False
            if released.count:
                logger.warning("Gave up %d attempts that only the ledger knew of", released.count)
