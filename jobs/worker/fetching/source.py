"""Where a worker gets ids from: Redis, and PostgreSQL while Redis is away."""

import time
from uuid import UUID

from jobs.broker.base import Broker
from jobs.core.errors import BrokerUnavailable
from jobs.core.fetch_order import FetchOrder, Portion
from jobs.core.message import Fetched, QueueMessage
from jobs.core.outage import broker_outage
from jobs.models import Job
from jobs.worker.counts import Counts
from jobs.worker.fetching.database_time import DatabaseTime
from jobs.worker.fetching.paused_queues import PausedQueues

# Short enough that a stop is seen soon, long enough that an idle worker costs nothing.
BLOCK_SECONDS = 2.0
# While a queue is paused: its end must be seen within a second, of which the worker needs up to
# half to learn of it.
PAUSED_BLOCK_SECONDS = 0.3


class Source:
    """The queues of one worker, by its order."""

    def __init__(
        self,
        order: FetchOrder,
        broker: Broker,
        database_time: DatabaseTime,
        paused: PausedQueues,
        counts: Counts | None = None,
    ) -> None:
        self._order = order
        self._broker = broker
        self._database_time = database_time
        self._paused = paused
        self._counts = counts or Counts()
        self._is_taken_from_redis = False
        self.is_waiting = False

    @property
    def open_queues(self) -> list[str]:
        """The queues that are not paused, in the order in which they come now."""
        return self._paused.without(self._order.queues)

    def fetch(self, limit: int) -> list[Fetched]:
        """Takes up to `limit` ids; waits for one in Redis, BLOCK_SECONDS at most.

        Raises the database's errors, which can only happen while Redis is away.
        """
        self._is_taken_from_redis = False
        if broker_outage.seconds_to_next_try > 0:
            return self._from_database(limit)
        try:
            fetched = self._from_redis(limit)
        except BrokerUnavailable as error:
            broker_outage.failed(error)
            return self._from_database(limit)
        broker_outage.ended()
        self._is_taken_from_redis = True
        return fetched

    def push_back(self, fetched: list[Fetched]) -> None:
        """Returns what was fetched last, or a part of it, to the head of its lists.

        What PostgreSQL named is left alone: its entries may lie in Redis all the time.
        """
        if not self._is_taken_from_redis:
            return
        try:
            self._broker.push_back(fetched)
        except BrokerUnavailable as error:
            broker_outage.failed(error)  # these jobs are dispatched again by `jobs_redispatch_lost`

    def _from_redis(self, limit: int) -> list[Fetched]:
        queues = self.open_queues
        begun_at = time.monotonic()
        fetched = self._broker.fetch_portions(self._order.portions(queues, limit), limit)
        self._counts.took(self._counts.fetch_seconds, time.monotonic() - begun_at)
        if self._order.counts:
            self._order.took((one.message.queue, one.message.priority) for one in fetched)
        if not fetched:
            is_whole = len(queues) == len(self._order.queues)
            popped = self._wait(queues, BLOCK_SECONDS if is_whole else PAUSED_BLOCK_SECONDS)
            # What BRPOP brings is claimed without a look at its cache mark: PostgreSQL decides
            # anyway, and a second round trip would be a tenth of what a job waits on an idle
            # machine (docs/decisions/0007).
            return [popped] if popped else []
        return [one for one in fetched if not one.already_done]

    def _wait(self, queues: list[str], seconds: float) -> Fetched | None:
        """`is_waiting` tells other threads of it: every list of this worker was empty."""
        self.is_waiting = True
        try:
            return self._broker.wait(queues, seconds)
        finally:
            self.is_waiting = False

    def _from_database(self, limit: int) -> list[Fetched]:
        portions = self._order.portions(self.open_queues, limit)
        found: dict[UUID, QueueMessage] = {}
        with self._database_time.measured():
            for portion in portions:
                self._add_portion(portion, limit, found)
        if self._order.counts:
            self._order.took((one.queue, one.priority) for one in found.values())
        return [Fetched(message) for message in found.values()]

    def _add_portion(self, portion: Portion, limit: int, found: dict[UUID, QueueMessage]) -> None:
        """Adds what the portion allows to what was found by those before; one query a step."""
        end_of_portion = min(limit, len(found) + portion.most)
        for step in portion.steps:
            most = min(step.most, end_of_portion - len(found))
            if most > 0:
                # Rows stay where they are until they are claimed: earlier steps' come again.
                due = Job.objects.next_due(step.lists, most + len(found))
                new = [one for one in due if one.job_id not in found]
                found.update((one.job_id, one) for one in new[:most])
