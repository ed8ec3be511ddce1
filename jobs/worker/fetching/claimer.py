"""Claims what was fetched, and resolves what could not be claimed."""

import logging
import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from django.db import OperationalError

from jobs.core import kill_points
from jobs.core.claim import ClaimedJob, Claims
from jobs.core.message import Fetched, QueueMessage, can_be_shared
from jobs.core.outage import database_outage, first_line
from jobs.core.process_counts import JOBS_DEDUPLICATED, process_counts
from jobs.services.announce import jobs_announce_claimed
from jobs.services.attempts import jobs_claim, jobs_give_back
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.enqueue.enqueue_counts import REDIS
from jobs.sql.contention import is_contention
from jobs.worker.counts import Counts
from jobs.worker.execution.pools import Pools
from jobs.worker.fetching.database_time import DatabaseTime
from jobs.worker.fetching.unstarted import give_back_unstarted
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.heartbeat import Heartbeat
from jobs.worker.liveness.lease import Lease

logger = logging.getLogger(__name__)

# How long a fetcher asks one by one, each of which may wait 1.5 s for a lock, before it goes on.
ONE_BY_ONE_SECONDS = 2.0
# When a job that another transaction held up is tried again.
LATER_SECONDS = 5.0


class Tried(NamedTuple):
    """What became of jobs that were to be claimed.

    `unclaimed`: could not be claimed. `left`: were not tried, because the payloads of those before
    them had filled the claim.
    """

    unclaimed: list[Fetched]
    left: list[Fetched]


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
        counts: Counts | None = None,
    ) -> None:
        """`claimed`: is called with the claims of each batch, once the pools have them."""
        self._lease = lease
        self._heartbeat = heartbeat
        self._pools = pools
        self._inflight = inflight
        self._database_time = database_time
        self._claimed = claimed
        self._counts = counts or Counts()

    def claim(self, fetched: list[Fetched]) -> Tried:
        """Claims what may start now and hands it to the pools; returns the rest.

        An exception does not say whether the claim was committed.
        """
        kill_points.reached(kill_points.POP_CLAIM)
        # What a cache mark ties to another job need not be tried: PostgreSQL resolves it below.
        wanted = [one.message for one in fetched if not one.has_key_conflict]
        if len(wanted) < len(fetched):
            process_counts.add(JOBS_DEDUPLICATED, (REDIS,), len(fetched) - len(wanted))
        try:
            claims, left = self._claim(wanted)
            if len(claims) == len(fetched):  # nearly always
                return Tried([], [])
            done = {claim.id for claim in claims}
        except OperationalError as error:
            if not is_contention(error):
                raise
            done, left = self._claim_apart(wanted, error)
        rest = [one for one in fetched if one.message.job_id not in done]
        if not left:
            return Tried(rest, [])
        return Tried(
            [one for one in rest if one.message.job_id not in left],
            [one for one in rest if one.message.job_id in left],
        )

    def _claim(self, messages: list[QueueMessage]) -> tuple[Claims, set[UUID]]:
        """Returns what was claimed, and the jobs that were left."""
        job_ids = [one.id_text for one in messages]
        is_own_key = len(messages) == 1 and not can_be_shared(messages[0].effect_key)
        begun_at = time.monotonic()
        with self._database_time.measured():
            claims = jobs_claim(
                worker_id=self._lease.worker.id, job_ids=job_ids, is_own_key=is_own_key
            )
        seconds = time.monotonic() - begun_at
        strays = _strays(claims, messages)
        self.submit([claim for claim in claims if claim not in strays] if strays else claims)
        self._counts.took(self._counts.claim_seconds, seconds)
        if strays:
            with self._database_time.measured():
                jobs_give_back(claims=strays)
        return claims, _left(claims, messages)

    def _claim_apart(
        self, messages: list[QueueMessage], error: OperationalError
    ) -> tuple[set[UUID], set[UUID]]:
        """Claims one by one what may have to wait for another transaction: for its effect key.

        Returns the jobs that were claimed or are dispatched again later, and those that were left.
        """
        claimed: set[UUID] = set()
        left: set[UUID] = set()
        own_keys = [one for one in messages if not can_be_shared(one.effect_key)]
        shared = [one for one in messages if can_be_shared(one.effect_key)]
        if shared and own_keys:
            claims, left = self._claim(own_keys)
            claimed.update(claim.id for claim in claims)

        def claim_one(message: QueueMessage) -> None:
            claimed.update(claim.id for claim in self._claim([message])[0])

        late = self._one_by_one(shared or own_keys, claim_one, error)
        return claimed | late, left

    def _one_by_one(
        self,
        messages: list[QueueMessage],
        ask: Callable[[QueueMessage], None],
        error: OperationalError,
    ) -> set[UUID]:
        """Asks for each of a batch that met another transaction; what meets it again comes later.

        So does the rest once this has taken ONE_BY_ONE_SECONDS. Returns the jobs that come later.
        """
        begun_at = self._database_time.seconds()
        late: list[QueueMessage] = []
        for message in messages:
            if self._database_time.seconds() - begun_at > ONE_BY_ONE_SECONDS:
                late.append(message)
                continue
            try:
                ask(message)
            except OperationalError as again:
                if not is_contention(again):
                    raise
                late.append(message)
        logger.warning(
            "%d of %d jobs met another transaction and are tried again in %g s: %s",
            len(late),
            len(messages),
            LATER_SECONDS,
            first_line(error),
            extra={"event": "jobs.held_up", "count": len(late)},
        )
        dispatch_after_commit([(message, LATER_SECONDS) for message in late])
        return {message.job_id for message in late}

    def resolve(self, unclaimed: list[Fetched], *, any_claimed: bool) -> None:
        """What could not be claimed is skipped, deferred, or dispatched again."""
        if not any_claimed:
            # Perhaps this worker may not claim at all, because others declared it dead.
            with self._database_time.measured():
                self._heartbeat.beat()
        messages = [one.message for one in unclaimed]
        try:
            self._resolve(messages)
        except OperationalError as error:
            if not is_contention(error):
                raise
            self._one_by_one(messages, lambda message: self._resolve([message]), error)

    def _resolve(self, messages: list[QueueMessage]) -> None:
        with self._database_time.measured():
            jobs_resolve_key_conflicts(
                job_ids=[one.job_id for one in messages], worker_id=self._lease.worker.id
            )

    def give_back_unstarted(self) -> None:
        """Gives back, at no cost, what waits in the pools; they keep it if that fails."""
        with self._database_time.measured():
            give_back_unstarted(self._pools, self._inflight)

    def submit(self, claims: list[ClaimedJob]) -> None:
        """Hands claims to the pools.

        Before anything else can fail: what is claimed must run, or be given back.
        """
        if claims:
            database_outage.ended()  # without claims PostgreSQL may not even have been asked
            self._inflight.add(claims)
            self._pools.submit(claims)
            # Lets a slot begin now, not at the next system call, 0.2 ms later: 11 % of the pick-up.
            time.sleep(0)
            self._claimed(claims)
            self._counts.claims(claims)
            jobs_announce_claimed([claim.id for claim in claims])


def _left(claims: Claims, messages: list[QueueMessage]) -> set[UUID]:
    """The jobs that the claim has not tried."""
    if claims.first_left is None:
        return set()
    return {one.job_id for one in messages[claims.first_left :]}


def _strays(claims: list[ClaimedJob], messages: list[QueueMessage]) -> list[ClaimedJob]:
    """Claims of jobs that are in another queue, or of another priority, than their entries say.

    They were edited since; what is dispatched for them lies in the right list.
    """
    claimed = {(one.queue, one.priority) for one in claims}
    if len(claimed) == 1 and {(one.queue, one.priority) for one in messages} == claimed:
        return []  # as most batches are
    fetched = {one.job_id: (one.queue, one.priority) for one in messages}
    return [one for one in claims if fetched[one.id] != (one.queue, one.priority)]
