"""A worker's life: it starts its parts, watches them, and stops them in order."""

import logging
import os
import threading

from django.db import connection

from jobs.core.clock import Clock, SystemClock
from jobs.core.conf import jobs_conf
from jobs.services.attempts import jobs_give_back
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.workers import worker_register, worker_stop
from jobs.sql.own_session import own_sessions_within
from jobs.worker.assembly import Parts, assemble
from jobs.worker.fetching.source import BLOCK_SECONDS
from jobs.worker.options import WorkerOptions
from jobs.worker.process.health import WorkerHealth, worker_health
from jobs.worker.process.stop_signals import StopSignals

logger = logging.getLogger(__name__)

# What the last writes may take once the handlers are done.
RECORD_SECONDS = 10.0
# How often the main thread watches the others.
WATCH_SECONDS = 1.0
# How soon a signal is noticed: its handler sets a flag and wakes no thread.
SIGNAL_SECONDS = 0.1


class Worker:
    """One process that runs jobs."""

    def __init__(self, options: WorkerOptions, clock: Clock | None = None) -> None:
        """Registers the worker; raises the database's errors if that cannot be done."""
        self._supervisor_pid = options.supervisor_pid
        self._clock = clock or SystemClock()
        self.stop = threading.Event()
        self._broken = False
        row = worker_register(
            name=options.name,
            queues=options.queues,
            concurrency=options.concurrency,
            async_concurrency=options.async_concurrency,
        )
        self._parts = assemble(row, options, self._clock, self.stop)
        connection.close()  # this thread needs none until the stop, and it would go stale
        logger.info(
            "Worker %s ready: queues %s, %d at a time",
            row.name,
            options.choice,
            options.concurrency,
            extra=self._fields(
                "worker.started", queues=options.queues, concurrency=options.concurrency
            ),
        )

    @property
    def parts(self) -> Parts:
        """What it consists of, for those who watch it."""
        return self._parts

    @property
    def name(self) -> str:
        """The name under which it claims now."""
        return self._parts.lease.worker.name

    def run(self, signals: StopSignals) -> bool:
        """Works until a signal or `stop`; returns whether everything that ran could be finished."""
        with own_sessions_within():
            return self._run(signals)

    def _run(self, signals: StopSignals) -> bool:
        parts = self._parts
        parts.beats.start()
        parts.recorder.start()
        parts.starts.start()
        parts.pools.start()
        for timer in parts.timers:
            timer.start()
        parts.fetcher.start()
        self._watch_until_stop(signals)
        return self._stop_in_order()

    def health(self) -> WorkerHealth:
        """What a probe is told."""
        return worker_health(self._parts)

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
        threads = (parts.fetcher, parts.recorder, parts.starts, parts.pools)
        if not all(one.is_alive for one in threads):
            logger.error(
                "Worker %s stops: one of its threads has died or is blocked",
                self.name,
                extra=self._fields("worker.broken"),
            )
            self._broken = True
            self.stop.set()

    def _stop_if_orphaned(self) -> None:
        """A supervisor that was killed cannot stop its workers: they must not outlive it."""
        if self._supervisor_pid is not None and os.getppid() != self._supervisor_pid:
            logger.warning(
                "Worker %s stops: its supervisor is gone",
                self.name,
                extra=self._fields("worker.orphaned"),
            )
            self.stop.set()

    def _stop_in_order(self) -> bool:
        parts = self._parts
        in_hand = len(parts.inflight)
        logger.info(
            "Worker %s stopping: %d jobs in hand",
            self.name,
            in_hand,
            extra=self._fields("worker.stopping", count=in_hand),
        )
        # 1. No new work. What is fetched at this moment goes back to Redis.
        parts.fetcher.join(BLOCK_SECONDS + RECORD_SECONDS)
        # 2. What has not begun goes back, at no cost.
        self._give_back_unstarted()
        # 3. What runs may finish, within the grace period; the heartbeat keeps the lease.
        finished = parts.pools.wait_until_idle(jobs_conf().grace_seconds)
        parts.pools.stop()
        if finished:
            parts.starts.stop(RECORD_SECONDS)  # else a handler may still say that its effect begins
        # 4. Every outcome is written, and what handlers last reported.
        recorded = parts.recorder.stop(RECORD_SECONDS)
        self._write_last_progress()
        # 5. From now on other workers rescue whatever is left.
        parts.after_all.set()
        parts.beats.join(RECORD_SECONDS)
        self.sign_off()
        if not (finished and recorded):
            self._log_unfinished()
        logger.info("Worker %s stopped", self.name, extra=self._fields("worker.stopped"))
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
                extra=self._fields("claims.not_given_back", count=len(unstarted)),
            )
        else:
            self._parts.inflight.remove(unstarted)

    def _write_last_progress(self) -> None:
        try:
            self._parts.progress.write()
        except DATABASE_ERRORS as error:
            logger.warning(
                "The last progress of handlers could not be written: %s",
                error,
                extra=self._fields("progress.not_written"),
            )

    def sign_off(self) -> None:
        """Closes its row; to be called by others only if it does not run."""
        try:
            # What is still running may have broken the part that died: that counts as a crash.
            worker_stop(worker_id=self._parts.lease.worker.id, in_order=not self._broken)
        except DATABASE_ERRORS as error:
            logger.warning(
                "The worker's row stays open until it counts as dead: %s",
                error,
                extra=self._fields("worker.not_signed_off"),
            )
        connection.close()

    def _log_unfinished(self) -> None:
        left = len(self._parts.inflight)
        logger.warning(
            "Worker %s leaves %d jobs unfinished",
            self.name,
            left,
            extra=self._fields("jobs.left_unfinished", count=left),
        )

    def _fields(self, event: str, **more: object) -> dict[str, object]:
        """The `extra` of a log call about this worker."""
        return {"event": event, "worker": self.name, **more}
