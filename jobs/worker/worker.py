"""The worker: starts the parts, waits for the stop, stops them in order."""

import logging
import threading

from jobs.clock import Clock, SystemClock
from jobs.conf import jobs_conf
from jobs.services.lifecycle import jobs_give_back
from jobs.services.workers import worker_register, worker_stop
from jobs.worker.execution import Execution
from jobs.worker.executor import Executor
from jobs.worker.fetcher import BLOCK_SECONDS, Fetcher
from jobs.worker.heartbeat import Heartbeat
from jobs.worker.inflight import Inflight
from jobs.worker.lease import Lease
from jobs.worker.periodic import Periodic
from jobs.worker.recorder import Recorder
from jobs.worker.timers import timers

logger = logging.getLogger(__name__)

# What the last writes may take once the handlers are done.
RECORD_SECONDS = 10.0


class Worker:
    """One process that runs jobs."""

    def __init__(
        self,
        *,
        queues: list[str],
        concurrency: int,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Registers the worker; raises the database's errors if that cannot be done."""
        conf = jobs_conf()
        self._grace_seconds = conf.grace_seconds
        self._clock = clock or SystemClock()
        self.stop = threading.Event()
        self._after_all = threading.Event()  # heartbeats go on until the very end

        row = worker_register(name=name, queues=queues, concurrency=concurrency)
        self._lease = Lease(row, conf.worker_timeout_seconds, self._clock)
        self._heartbeat = Heartbeat(self._lease, self._clock)
        self._beats = Periodic(
            "heartbeat", conf.heartbeat_seconds, self._heartbeat.beat, self._clock, self._after_all
        )
        self._inflight = Inflight()
        self._recorder = Recorder(self._inflight, self._clock)
        self._executor = Executor(concurrency, Execution(self._lease).run, self._recorder.add)
        self._fetcher = Fetcher(
            queues=queues,
            lease=self._lease,
            heartbeat=self._heartbeat,
            executor=self._executor,
            inflight=self._inflight,
            clock=self._clock,
            stop=self.stop,
        )
        self._timers = timers(
            queues=queues,
            lease=self._lease,
            heartbeat=self._heartbeat,
            clock=self._clock,
            stop=self.stop,
        )
        logger.info(
            "Worker %s ready: queues %s, %d at a time", row.name, ", ".join(queues), concurrency
        )

    def run(self) -> bool:
        """Works until `stop` is set; returns whether everything that ran could be finished."""
        self._beats.start()
        self._recorder.start()
        self._executor.start()
        for timer in self._timers:
            timer.start()
        fetching = threading.Thread(target=self._fetcher.run, name="fetcher", daemon=True)
        fetching.start()
        self.stop.wait()
        return self._stop_in_order(fetching)

    def _stop_in_order(self, fetching: threading.Thread) -> bool:
        name = self._lease.worker.name
        logger.info("Worker %s stopping: %d jobs in hand", name, len(self._inflight))
        # 1. No new work. What is fetched at this moment goes back to Redis.
        fetching.join(BLOCK_SECONDS + RECORD_SECONDS)
        # 2. What has not begun goes back, at no cost.
        unstarted = self._executor.take_back()
        jobs_give_back(claims=unstarted)
        self._inflight.remove(unstarted)
        # 3. What runs may finish, within the grace period; the heartbeat keeps it ours.
        finished = self._executor.wait_until_idle(self._grace_seconds)
        self._executor.stop()
        # 4. Every outcome is written.
        recorded = self._recorder.stop(RECORD_SECONDS)
        # 5. Whatever is left is somebody else's to rescue, from now on.
        self._after_all.set()
        self._beats.join(RECORD_SECONDS)
        worker_stop(worker_id=self._lease.worker.id)
        if not (finished and recorded):
            logger.warning("Worker %s leaves %d jobs unfinished", name, len(self._inflight))
        logger.info("Worker %s stopped", name)
        return finished and recorded
