"""Keeps the worker's row fresh. A worker that cannot stops claiming and starting."""

import logging

from jobs.clock import Clock
from jobs.outage import ledger_outage
from jobs.services.workers import worker_heartbeat, worker_register
from jobs.worker.lease import Lease

logger = logging.getLogger(__name__)


class Heartbeat:
    """One beat a call; the worker runs it on a thread of its own."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self._lease = lease
        self._clock = clock

    def beat(self) -> None:
        """Renews the lease, or takes a new one if this worker was declared dead meanwhile.

        What was claimed under the old row stays fenced: its outcomes no longer match.
        Raises the database's errors.
        """
        asked_at = self._clock.monotonic()
        worker = self._lease.worker
        alive = worker_heartbeat(worker_id=worker.id)
        ledger_outage.ended()
        if alive:
            self._lease.renew(asked_at)
            return
        successor = worker_register(
            name=None if worker.name == worker.default_name else worker.name,
            queues=worker.queues,
            concurrency=worker.concurrency,
        )
        self._lease.replace(successor, asked_at)
        logger.warning(
            "Worker %s had been declared dead; it goes on as %s", worker.name, successor.name
        )
