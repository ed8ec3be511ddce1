"""Keeps the worker's row fresh. A worker that cannot stops claiming and starting."""

import logging
import threading
from collections.abc import Callable

from jobs.core.clock import Clock
from jobs.core.log_fields import log_as_worker, worker_of_process
from jobs.core.outage import database_outage
from jobs.models import Worker
from jobs.services.workers import worker_heartbeat, worker_register
from jobs.worker.liveness.lease import Lease
from jobs.worker.process.memory import rss_bytes

logger = logging.getLogger(__name__)


class Heartbeat:
    """One beat a call, from a thread of its own; the fetcher and the recorder may ask for one."""

    def __init__(
        self, lease: Lease, clock: Clock, heard: Callable[[str], None] = lambda request: None
    ) -> None:
        """`heard`: told with each beat what people ask of the worker."""
        self._lease = lease
        self._clock = clock
        self._heard = heard
        self._registering = threading.Lock()

    def beat(self) -> None:
        """Renews the lease, or takes a new one if this worker was declared dead meanwhile.

        What was claimed under the old row stays fenced: its outcomes no longer match.
        Raises the database's errors.
        """
        asked_at = self._clock.monotonic()
        worker = self._lease.worker
        heard = worker_heartbeat(worker_id=worker.id, rss_bytes=rss_bytes())
        database_outage.ended()
        if heard:
            self._lease.renew(asked_at, heard.at)
            self._heard(heard.request)
            return
        with self._registering:
            if self._lease.worker is worker:  # else another thread has registered it
                self._go_on_under_a_new_row(worker, asked_at)

    def _go_on_under_a_new_row(self, worker: Worker, asked_at: float) -> None:
        successor = worker_register(
            name=None if worker.name == worker.default_name else worker.name,
            queues=worker.queues,
            concurrency=worker.concurrency,
            async_concurrency=worker.async_concurrency,
            instead_of=worker.id,
        )
        self._lease.replace(successor, asked_at)
        if worker_of_process():
            log_as_worker(successor.name)
        logger.warning(
            "Worker %s had been declared dead; it goes on as %s",
            worker.name,
            successor.name,
            extra={"event": "worker.replaced", "worker": worker.name, "successor": successor.name},
        )
