"""The worker: starts the parts, waits for the stop, stops them in order."""

import logging
import os
import threading
from dataclasses import dataclass
from typing import Any

from django.db import connection

from jobs.core.clock import Clock, SystemClock
from jobs.core.conf import jobs_conf
from jobs.core.outage import broker_outage, database_outage
from jobs.services.attempts import jobs_give_back
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.workers import worker_register, worker_stop
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.execution.capacity import Capacity
from jobs.worker.execution.event_loop import EventLoop
from jobs.worker.execution.pools import Pools
from jobs.worker.execution.thread_pool import ThreadPool
from jobs.worker.fetching.fetcher import BLOCK_SECONDS, Fetcher
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.heartbeat import Heartbeat
from jobs.worker.liveness.lease import Lease
from jobs.worker.periodic import Periodic
from jobs.worker.process.recycling import Recycling
from jobs.worker.process.stop_signals import StopSignals
from jobs.worker.recording.recorder import Recorder
from jobs.worker.timers import timers

logger = logging.getLogger(__name__)

# What the last writes may take once the handlers are done.
RECORD_SECONDS = 10.0
# A turn of the fetch loop takes a few seconds at most, an outage's backoff included.
UNRESPONSIVE_SECONDS = 30.0
# So long a statement of the fetch loop takes only where PostgreSQL does not answer.
DATABASE_SECONDS = 5.0
# How often the main thread looks after the others.
WATCH_SECONDS = 1.0
# How soon a signal is noticed: its handler sets a flag and wakes nobody.
SIGNAL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What an operator says about one worker."""

    queues: list[str]
    concurrency: int
    async_concurrency: int
    name: str | None = None
    max_jobs: int | None = None
    max_rss_mb: int | None = None
    supervisor_pid: int | None = None


class Worker:
    """One process that runs jobs."""

    def __init__(self, options: WorkerOptions, clock: Clock | None = None) -> None:
        """Registers the worker; raises the database's errors if that cannot be done."""
        conf = jobs_conf()
        queues, concurrency = options.queues, options.concurrency
        self._supervisor_pid = options.supervisor_pid
        self._grace_seconds = conf.grace_seconds
        self._clock = clock or SystemClock()
        self.stop = threading.Event()
        self._broken = False
        self._after_all = threading.Event()  # heartbeats go on until the very end

        row = worker_register(name=options.name, queues=queues, concurrency=concurrency)
        self._lease = Lease(row, conf.worker_timeout_seconds, self._clock)
        self._heartbeat = Heartbeat(self._lease, self._clock)
        self._beats = Periodic(
            "heartbeat", conf.heartbeat_seconds, self._heartbeat.beat, self._clock, self._after_all
        )
        self._inflight = Inflight()
        self._recorder = Recorder(self._inflight, self._clock, self._heartbeat.beat)
        execution = AttemptRunner(self._lease, self._inflight)
        changed = threading.Condition()
        threads = ThreadPool(
            Capacity(concurrency, changed), execution.run, execution.give_up, self._recorder.add
        )
        loop = EventLoop(
            Capacity(options.async_concurrency, changed),
            execution.run_async,
            execution.give_up,
            self._recorder.add,
        )
        self._pools = Pools(threads, loop, changed)
        self._fetcher = Fetcher(
            queues=queues,
            lease=self._lease,
            heartbeat=self._heartbeat,
            pools=self._pools,
            inflight=self._inflight,
            clock=self._clock,
            stop=self.stop,
            seconds_behind=lambda: self._recorder.seconds_behind,
        )
        self._timers = timers(
            queues=queues,
            lease=self._lease,
            inflight=self._inflight,
            executor=threads,
            clock=self._clock,
            stop=self.stop,
        )
        self._recycling = Recycling(
            max_jobs=options.max_jobs,
            max_rss_mb=options.max_rss_mb,
            pools=self._pools,
            recorder=self._recorder,
            stop=self.stop,
        )
        connection.close()  # this thread needs none until the stop, and it would go stale
        logger.info(
            "Worker %s ready: queues %s, %d at a time", row.name, ", ".join(queues), concurrency
        )

    def run(self, signals: StopSignals) -> bool:
        """Works until a signal or `stop`; returns whether everything that ran could be finished."""
        self._beats.start()
        self._recorder.start()
        self._pools.start()
        for timer in self._timers:
            timer.start()
        self._fetcher.start()
        self._watch_until_stop(signals)
        return self._stop_in_order()

    def _watch_until_stop(self, signals: StopSignals) -> None:
        looked = self._clock.monotonic()
        while not (signals.received or self.stop.wait(SIGNAL_SECONDS)):
            if self._clock.monotonic() - looked >= WATCH_SECONDS:
                looked = self._clock.monotonic()
                self._pools.loop.watch()
                self._recycling.check()
                self._stop_if_broken()
                self._stop_if_orphaned()
        self.stop.set()

    def health(self) -> dict[str, Any]:
        """What a probe is told; `status` is `ok` while the fetch loop turns.

        Or while it waits for PostgreSQL: handlers run on meanwhile, and a restart mends nothing.
        """
        in_database = self._fetcher.seconds_in_database()
        deaf = self._fetcher.seconds_since_turn() - in_database > UNRESPONSIVE_SECONDS
        database_down = database_outage.is_on or in_database > DATABASE_SECONDS
        return {
            "status": "deaf" if deaf else "ok",
            "worker": self._lease.worker.name,
            "loop_age_seconds": round(self._fetcher.seconds_since_turn(), 1),
            "lease_held": self._lease.is_held,
            "jobs_in_hand": len(self._inflight),
            "postgresql": "down" if database_down else "ok",
            "redis": "down" if broker_outage.is_on else "ok",
        }

    def _stop_if_broken(self) -> None:
        """A part that has died of a bug must not leave a worker that only looks alive."""
        if not (self._fetcher.is_alive and self._recorder.is_alive and self._pools.is_alive):
            name = self._lease.worker.name
            logger.error("Worker %s stops: one of its threads has died or is blocked", name)
            self._broken = True
            self.stop.set()

    def _stop_if_orphaned(self) -> None:
        """A supervisor that was killed cannot stop its workers: they must not outlive it."""
        if self._supervisor_pid is not None and os.getppid() != self._supervisor_pid:
            logger.warning("Worker %s stops: its supervisor is gone", self._lease.worker.name)
            self.stop.set()

    def _stop_in_order(self) -> bool:
        name = self._lease.worker.name
        logger.info("Worker %s stopping: %d jobs in hand", name, len(self._inflight))
        # 1. No new work. What is fetched at this moment goes back to Redis.
        self._fetcher.join(BLOCK_SECONDS + RECORD_SECONDS)
        # 2. What has not begun goes back, at no cost.
        self._give_back_unstarted()
        # 3. What runs may finish, within the grace period; the heartbeat keeps it ours.
        finished = self._pools.wait_until_idle(self._grace_seconds)
        self._pools.stop()
        # 4. Every outcome is written.
        recorded = self._recorder.stop(RECORD_SECONDS)
        # 5. Whatever is left is somebody else's to rescue, from now on.
        self._after_all.set()
        self._beats.join(RECORD_SECONDS)
        self._sign_off()
        if not (finished and recorded):
            logger.warning("Worker %s leaves %d jobs unfinished", name, len(self._inflight))
        logger.info("Worker %s stopped", name)
        return finished and recorded and not self._broken

    def _give_back_unstarted(self) -> None:
        unstarted = self._pools.take_back()
        try:
            jobs_give_back(claims=unstarted)
        except DATABASE_ERRORS as error:
            logger.warning("%d claims could not be given back: %s", len(unstarted), error)
        else:
            self._inflight.remove(unstarted)

    def _sign_off(self) -> None:
        try:
            worker_stop(worker_id=self._lease.worker.id)
        except DATABASE_ERRORS as error:
            logger.warning("The worker's row stays open until it counts as dead: %s", error)
        connection.close()
