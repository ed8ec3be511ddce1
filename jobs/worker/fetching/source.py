"""Where a worker gets ids from: Redis, and PostgreSQL while Redis is away."""

from jobs.broker.base import Broker
from jobs.core.errors import BrokerUnavailable
from jobs.core.message import Fetched, QueueMessage
from jobs.core.outage import broker_outage
from jobs.models import Job
from jobs.worker.fetching.database_time import DatabaseTime

# Short enough that a stop is seen soon, long enough that an idle worker costs nothing.
BLOCK_SECONDS = 2.0


class Source:
    """The queues of one worker."""

    def __init__(self, queues: list[str], broker: Broker, database_time: DatabaseTime) -> None:
        self._queues = queues
        self._broker = broker
        self._database_time = database_time

    def fetch(self, limit: int) -> list[Fetched]:
        """Takes up to `limit` ids; waits for one in Redis, BLOCK_SECONDS at most.

        Raises the database's errors, which can only happen while Redis is away.
        """
        if broker_outage.seconds_to_next_try > 0:
            return self._from_database(limit)
        try:
            fetched = self._from_redis(limit)
        except BrokerUnavailable as error:
            broker_outage.failed(error)
            return self._from_database(limit)
        broker_outage.ended()
        return fetched

    def push_back(self, messages: list[QueueMessage]) -> None:
        """Returns messages to the head of their lists."""
        try:
            self._broker.push_back(messages)
        except BrokerUnavailable as error:
            broker_outage.failed(error)  # these jobs are dispatched again by `jobs_redispatch_lost`

    def _from_redis(self, limit: int) -> list[Fetched]:
        fetched = self._broker.fetch(self._next_order(), limit)
        if not fetched:
            popped = self._broker.wait(self._next_order(), BLOCK_SECONDS)
            # What BRPOP brings is claimed without a look at its cache mark: PostgreSQL decides
            # anyway, and a second round trip would be a tenth of what a job waits on an idle
            # machine (docs/decisions/0007).
            return [Fetched(popped, cache_mark="")] if popped else []
        return [one for one in fetched if not one.already_done]

    def _next_order(self) -> list[str]:
        """Queues take turns, so that within a priority none of them starves."""
        self._queues = self._queues[1:] + self._queues[:1]
        return self._queues

    def _from_database(self, limit: int) -> list[Fetched]:
        with self._database_time.measured():
            messages = Job.objects.next_due(self._queues, limit)
        return [Fetched(message, cache_mark="") for message in messages]
