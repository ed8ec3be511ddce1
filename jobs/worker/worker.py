"""A worker's life: it starts its parts, watches them, and stops them in order."""

import logging
import os
import threading
from typing import TypedDict

from django.db import connection

from jobs.core.clock import Clock, SystemClock
from jobs.core.conf import jobs_conf
from jobs.core.outage import broker_outage, database_outage
from jobs.services.attempts import jobs_give_back
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.workers import worker_register, worker_stop
from jobs.worker.assembly import assemble
from jobs.worker.fetching.source import BLOCK_SECONDS
from jobs.worker.options import WorkerOptions
from jobs.worker.process.stop_signals import StopSignals

logger = logging.getLogger(__name__)

# What the last writes may take once the handlers are done.
RECORD_SECONDS = 10.0
# A tick of the fetch loop takes a few seconds at most, an outage's backoff included.
UNRESPONSIVE_SECONDS = 30.0
# A statement slower than this means that PostgreSQL is not answering.
DATABASE_SECONDS = 5.0
# How often the main thread watches the others.
WATCH_SECONDS = 1.0
# How soon a signal is noticed: its handler sets a flag and wakes no thread.
SIGNAL_SECONDS = 0.1


class WorkerHealth(TypedDict):
    """What a probe is told; `status` is `ok` or `unresponsive`, the servers are `ok` or `down`."""

    status: str
    worker: str
    loop_age_seconds: float
    lease_held: bool
    jobs_in_hand: int
    postgresql: str
    redis: str


class Worker:
    """One process that runs jobs."""

    def __init__(self, options: WorkerOptions, clock: Clock | None = None) -> None:
        """Registers the worker; raises the database's errors if that cannot be done."""
        self._supervisor_pid = options.supervisor_pid
        self._clock = clock or SystemClock()
        self.stop = threading.Event()
        self._broken = False
        row = worker_register(
            name=options.name, queues=options.queues, concurrency=options.concurrency
        )
        self._parts = assemble(row, options, self._clock, self.stop)
        connection.close()  # this thread needs none until the stop, and it would go stale
        logger.info(
            "Worker %s ready: queues %s, %d at a time",
            row.name,
            ", ".join(options.queues),
            options.concurrency,
            extra={
                "event": "worker.started",
                "worker": row.name,
                "queues": options.queues,
                "concurrency": options.concurrency,
            },
        )

    @property
    def name(self) -> str:
        """The name under which it claims now."""
        return self._parts.lease.worker.name

    def run(self, signals: StopSignals) -> bool:
        """Works until a signal or `stop`; returns whether everything that ran could be finished."""
        parts = self._parts
        parts.beats.start()
        parts.recorder.start()
        parts.pools.start()
        for timer in parts.timers:
            timer.start()
        parts.fetcher.start()
        self._watch_until_stop(signals)
        return self._stop_in_order()

    def health(self) -> WorkerHealth:
        """What a probe is told. The status is `ok` while the fetch loop turns.

        Also while it waits for PostgreSQL: handlers run on, and a restart would mend nothing.
        """
        fetcher = self._parts.fetcher
        in_database = fetcher.seconds_in_database()
        unresponsive = fetcher.seconds_since_tick() - in_database > UNRESPONSIVE_SECONDS
        database_down = database_outage.is_on or in_database > DATABASE_SECONDS
        return {
            "status": "unresponsive" if unresponsive else "ok",
            "worker": self.name,
            "loop_age_seconds": round(fetcher.seconds_since_tick(), 1),
            "lease_held": self._parts.lease.is_held,
            "jobs_in_hand": len(self._parts.inflight),
            "postgresql": "down" if database_down else "ok",
            "redis": "down" if broker_outage.is_on else "ok",
        }

    def _watch_until_stop(self, signals: StopSignals) -> None:
        watched_at = self._clock.monotonic()
        while not (signals.received or self._clock.wait(self.stop, SIGNAL_SECONDS)):
            if self._clock.monotonic() - watched_at >= WATCH_SECONDS:
                watched_at = self._clock.monotonic()
                self._parts.pools.loop.watch()
                self._parts.recycling.check()
                self._stop_if_broken()
                self._stop_if_orphaned()
        self.stop.set()

    def _stop_if_broken(self) -> None:
        """A part that has died of a bug must not leave a worker that only looks alive."""
        parts = self._parts
        if not (parts.fetcher.is_alive and parts.recorder.is_alive and parts.pools.is_alive):
            logger.error(
                "Worker %s stops: one of its threads has died or is blocked",
                self.name,
                extra={"event": "worker.broken", "worker": self.name},
            )
            self._broken = True
            self.stop.set()

    def _stop_if_orphaned(self) -> None:
        """A supervisor that was killed cannot stop its workers: they must not outlive it."""
        if self._supervisor_pid is not None and os.getppid() != self._supervisor_pid:
            logger.warning(
                "Worker %s stops: its supervisor is gone",
                self.name,
                extra={"event": "worker.orphaned", "worker": self.name},
            )
            self.stop.set()

    def _stop_in_order(self) -> bool:
        parts, fields = self._parts, {"worker": self.name, "jobs": len(self._parts.inflight)}
        logger.info(
            "Worker %s stopping: %d jobs in hand",
            self.name,
            fields["jobs"],
            extra={"event": "worker.stopping", **fields},
        )
        # 1. No new work. What is fetched at this moment goes back to Redis.
        parts.fetcher.join(BLOCK_SECONDS + RECORD_SECONDS)
        # 2. What has not begun goes back, at no cost.
        self._give_back_unstarted()
        # 3. What runs may finish, within the grace period; the heartbeat keeps the lease.
        finished = parts.pools.wait_until_idle(jobs_conf().grace_seconds)
        parts.pools.stop()
        # 4. Every outcome is written.
        recorded = parts.recorder.stop(RECORD_SECONDS)
        # 5. From now on other workers rescue whatever is left.
        parts.after_all.set()
        parts.beats.join(RECORD_SECONDS)
        self._sign_off()
        if not (finished and recorded):
            left = len(parts.inflight)
            logger.warning(
                "Worker %s leaves %d jobs unfinished",
                self.name,
                left,
                extra={"event": "worker.left_jobs", "worker": self.name, "jobs": left},
            )
        logger.info(
            "Worker %s stopped",
            self.name,
            extra={"event": "worker.stopped", "worker": self.name},
        )
        return finished and recorded and not self._broken

    def _give_back_unstarted(self) -> None:
        unstarted = self._parts.pools.take_back()
        try:
            jobs_give_back(claims=unstarted)
        except DATABASE_ERRORS as error:
            logger.warning(
                "%d claims could not be given back: %s",
                len(unstarted),
                error,
                extra={
                    "event": "claims.not_given_back",
                    "worker": self.name,
                    "count": len(unstarted),
                },
            )
        else:
            self._parts.inflight.remove(unstarted)

    def _sign_off(self) -> None:
        try:
            worker_stop(worker_id=self._parts.lease.worker.id)
        except DATABASE_ERRORS as error:
            logger.warning(
                "The worker's row stays open until it counts as dead: %s",
                error,
                extra={"event": "worker.not_signed_off", "worker": self.name},
            )
        connection.close()
