"""Where a worker gets ids from: Redis, and PostgreSQL while Redis is away."""

from jobs.broker.base import Broker
from jobs.core.errors import BrokerUnavailable
from jobs.core.message import Fetched
from jobs.core.outage import broker_outage
from jobs.models import Job
from jobs.worker.fetching.database_time import DatabaseTime
from jobs.worker.fetching.paused_queues import PausedQueues

# Short enough that a stop is seen soon, long enough that an idle worker costs nothing.
BLOCK_SECONDS = 2.0
# While a queue is paused: its end must be seen within a second, of which the worker needs up to
# half to learn of it.
PAUSED_BLOCK_SECONDS = 0.3


class Source:
    """The queues of one worker."""

    def __init__(
        self,
        queues: list[str],
        broker: Broker,
        database_time: DatabaseTime,
        paused: PausedQueues,
    ) -> None:
        self._queues = queues
        self._broker = broker
        self._database_time = database_time
        self._paused = paused
        self._is_taken_from_redis = False

    @property
    def is_open(self) -> bool:
        """False while every queue is paused: then nothing can be fetched."""
        return bool(self._paused.without(self._queues))

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
        fetched = self._broker.fetch(self._next_order(), limit)
        if not fetched:
            order = self._next_order()
            is_whole = len(order) == len(self._queues)
            popped = self._broker.wait(order, BLOCK_SECONDS if is_whole else PAUSED_BLOCK_SECONDS)
            # What BRPOP brings is claimed without a look at its cache mark: PostgreSQL decides
            # anyway, and a second round trip would be a tenth of what a job waits on an idle
            # machine (docs/decisions/0007).
            return [popped] if popped else []
        return [one for one in fetched if not one.already_done]

    def _next_order(self) -> list[str]:
        """Queues take turns, so that within a priority none of them starves; paused ones do not."""
        self._queues = self._queues[1:] + self._queues[:1]
        return self._paused.without(self._queues)

    def _from_database(self, limit: int) -> list[Fetched]:
        with self._database_time.measured():
            messages = Job.objects.next_due(self._paused.without(self._queues), limit)
        return [Fetched(message) for message in messages]
