"""One attempt, from claim to outcome: resolve the type, start, run, and say what it led to."""

import asyncio
import logging
from collections.abc import Awaitable
from functools import partial
from typing import cast

from asgiref.sync import sync_to_async
from django.db import Error, connection, connections

from jobs.core import kill_points
from jobs.core.attempt_error import error_of
from jobs.core.claim import ClaimedJob
from jobs.core.clock import Clock
from jobs.core.conf import jobs_conf
from jobs.core.errors import JobTimeout
from jobs.core.outcome import CutOff, NotStarted, Outcome, Succeeded
from jobs.core.states import Effect
from jobs.handlers.context import JobContext
from jobs.handlers.registry import JobType, job_types
from jobs.services.attempts import (
    attempt_records_start,
    job_start,
    job_succeed_in_transaction,
)
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.short_transaction import short_transaction
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.exceptions import outcome_of
from jobs.worker.execution.thread_connections import (
    CHECK_SECONDS,
    refresh_shared_connections,
    thread_connections,
)
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.lease import Lease

logger = logging.getLogger(__name__)

# A type that this worker does not know belongs to a newer or older release: others may know it.
UNKNOWN_TYPE_SECONDS = 15.0
# What PostgreSQL did not let begin must not come back as fast as it can be fetched.
NOT_BEGUN_SECONDS = 1.0


class AttemptRunner:
    """Runs handlers; one instance serves every thread of the worker."""

    def __init__(self, lease: Lease, inflight: Inflight, clock: Clock) -> None:
        self._lease = lease
        self._inflight = inflight
        self._clock = clock
        self._orm_thread_refreshed_at = 0.0
        self._orm_thread_refresh: asyncio.Task[None] | None = None

    def run(self, attempt: Attempt) -> Outcome:
        """Runs a plain handler on the calling thread. Whatever it does is an outcome."""
        thread_connections.refresh()
        job_type = self._begin(attempt.claim)
        if not isinstance(job_type, JobType):
            return job_type
        outcome = self._call(job_type, attempt)
        if thread_connections.opened and thread_connections.drop_unfinished():
            # The next job's writes would have been part of it, and undone with it.
            claim = attempt.claim
            logger.warning(
                "Job %s (%s) left a transaction open: it is rolled back",
                claim.id,
                claim.type,
                extra=self._fields(claim, "job.transaction_left_open"),
            )
        return outcome

    async def run_async(self, attempt: Attempt) -> Outcome:
        """Runs an `async def` handler in the event loop. Whatever it does is an outcome."""
        claim = attempt.claim
        if attempt_records_start(claim):
            job_type = await asyncio.to_thread(self._begin_elsewhere, claim)  # asks PostgreSQL
        else:
            job_type = self._begin(claim)
        if not isinstance(job_type, JobType):
            return job_type
        await self._refresh_orm_thread()
        attempt.limit(job_type.timeout_seconds)
        limit = asyncio.timeout(job_type.timeout_seconds)
        try:
            async with limit:
                await cast("Awaitable[None]", job_type.handler(claim.payload, self._context(claim)))
        except BaseException as exception:  # noqa: BLE001 - whatever happens is an outcome
            if limit.expired():
                exception = JobTimeout().with_traceback(exception.__traceback__)
            return self._outcome_of(exception, job_type, claim)
        return Succeeded()

    def give_up(self, attempt: Attempt) -> Outcome:
        """The outcome of a handler that goes on although its time is over."""
        claim, seconds = attempt.claim, attempt.timeout_seconds
        logger.error(
            "Job %s (%s) does not stop after its time of %g s: left behind",
            claim.id,
            claim.type,
            seconds,
            extra=self._fields(claim, "job.left_behind"),
        )
        timeout = JobTimeout(f"did not stop after its time of {seconds:g} s")
        return CutOff(error_of(timeout, self._lease.worker.name))

    async def _refresh_orm_thread(self) -> None:
        """Once a second: refreshes the connections of the thread where the async ORM runs.

        That thread is asked before anything that the handler asks of it, and not waited for: what
        another handler does there may take long.
        """
        now = self._clock.monotonic()
        if now - self._orm_thread_refreshed_at <= CHECK_SECONDS:
            return
        self._orm_thread_refreshed_at = now
        if self._orm_thread_refresh is None or self._orm_thread_refresh.done():
            refresh = sync_to_async(refresh_shared_connections)()
            self._orm_thread_refresh = asyncio.create_task(refresh)
            await asyncio.sleep(0)

    def _begin_elsewhere(self, claim: ClaimedJob) -> JobType | Outcome:
        """For a thread that handlers use as well, and that belongs to no slot."""
        refresh_shared_connections()
        return self._begin(claim)

    def _begin(self, claim: ClaimedJob) -> JobType | Outcome:
        """The type whose handler is to run now, or the outcome that says why it must not."""
        job_type = job_types.find(claim.type)
        if job_type is None:
            logger.warning(
                "Job %s: no handler for %r here; it waits",
                claim.id,
                claim.type,
                extra=self._fields(claim, "job.type_unknown"),
            )
            return NotStarted(UNKNOWN_TYPE_SECONDS)
        try:
            kill_points.reached(kill_points.CLAIM_START)
            if not self._may_start(claim):
                return NotStarted()
        except Error as error:
            return _not_begun(claim, error)
        logger.info(
            "Worker %s processing job %s (%s, attempt %d)",
            self._lease.worker.name,
            claim.id,
            claim.type,
            claim.attempt,
            extra=self._fields(claim, "job.started"),
        )
        return job_type

    def _may_start(self, claim: ClaimedJob) -> bool:
        lease = self._lease
        is_mine = lease.is_held and lease.worker.id == claim.worker_id
        return is_mine and job_start(claim=claim)

    def _call(self, job_type: JobType, attempt: Attempt) -> Outcome:
        run = _run_in_transaction if job_type.effect is Effect.TRANSACTIONAL else _run_plainly
        claim = attempt.claim
        try:
            with attempt.interruptible(job_type.timeout_seconds):
                return run(job_type, claim, self._context(claim))
        except BaseException as exception:  # noqa: BLE001 - whatever happens is an outcome
            if isinstance(exception, JobTimeout):
                connections.close_all()  # it may have struck in the middle of a statement
            return self._outcome_of(exception, job_type, claim)

    def _context(self, claim: ClaimedJob) -> JobContext:
        return JobContext(
            job_id=claim.id,
            type=claim.type,
            queue=claim.queue,
            attempt=claim.attempt,
            idempotency_key=claim.effect_key,
            worker=self._lease.worker.name,
            is_cancelled=partial(self._inflight.is_cancelled, claim.id),
        )

    def _outcome_of(
        self, exception: BaseException, job_type: JobType, claim: ClaimedJob
    ) -> Outcome:
        return outcome_of(exception, claim.payload, job_type.sensitive, self._lease.worker.name)

    def _fields(self, claim: ClaimedJob, event: str) -> dict[str, object]:
        """What a log line carries for machines."""
        return {
            "event": event,
            "worker": self._lease.worker.name,
            "job_id": str(claim.id),
            "job_type": claim.type,
            "attempt": claim.attempt,
        }


def _run_plainly(job_type: JobType, claim: ClaimedJob, context: JobContext) -> Outcome:
    job_type.handler(claim.payload, context)
    return Succeeded()


def _run_in_transaction(job_type: JobType, claim: ClaimedJob, context: JobContext) -> Outcome:
    """The handler's database work and the success commit together, or neither does.

    A commit whose reply is lost counts as failed here; the record that follows is fenced,
    and finds nothing to write if the commit had gone through.
    """
    timeout = job_type.timeout_seconds or jobs_conf().worker_timeout_seconds
    begun = False
    try:
        with short_transaction(idle_seconds=timeout):
            begun = True
            job_type.handler(claim.payload, context)
            job_succeed_in_transaction(claim=claim)
    except DATABASE_ERRORS as error:
        if begun:
            raise
        return _not_begun(claim, error)
    return Succeeded(recorded=True)


def _not_begun(claim: ClaimedJob, error: Error) -> NotStarted:
    """The handler was not called; whether the attempt is still held will be seen when it ends."""
    logger.warning(
        "Job %s could not be started: %s",
        claim.id,
        error,
        extra={
            "event": "job.not_started",
            "job_id": str(claim.id),
            "job_type": claim.type,
            "attempt": claim.attempt,
        },
    )
    connection.close()
    return NotStarted(NOT_BEGUN_SECONDS)
