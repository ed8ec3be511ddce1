"""One attempt, from claim to outcome: start, run the handler, and say what it led to."""

import asyncio
import logging
from contextvars import Context
from dataclasses import replace
from functools import partial

from django.db import connections

from jobs.core.attempt_error import error_of
from jobs.core.claim import ClaimedJob
from jobs.core.clock import Clock
from jobs.core.errors import JobTimeout, StartNotWritten
from jobs.core.log_fields import attempt_fields
from jobs.core.outcome import CutOff, Failed, FailedForGood, NotStarted, Outcome
from jobs.core.secrets import Secrets
from jobs.core.states import Effect
from jobs.handlers.context import JobContext
from jobs.handlers.registry import JobType
from jobs.services.database_errors import is_refused_write
from jobs.services.tracing import Tracing, traced, tracing
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.effect_start import AttemptEffect
from jobs.worker.execution.exceptions import outcome_of, readable
from jobs.worker.execution.handler_call import (
    call_in_transaction,
    call_plainly,
    continue_in_context,
    succeeded,
)
from jobs.worker.execution.orm_thread import OrmThread
from jobs.worker.execution.results import finish, refuse_unfinished
from jobs.worker.execution.starter import Starter, not_started
from jobs.worker.execution.thread_connections import thread_connections
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.lease import Lease
from jobs.worker.process.descendants import end_if_forked
from jobs.worker.recording.progress_reporter import ProgressReporter
from jobs.worker.recording.start_writer import StartWriter

logger = logging.getLogger(__name__)


class AttemptRunner:
    """Runs handlers; one instance serves every thread of the worker."""

    def __init__(
        self,
        lease: Lease,
        inflight: Inflight,
        starts: StartWriter,
        clock: Clock,
        progress: ProgressReporter,
    ) -> None:
        self._lease = lease
        self._progress = progress
        self._inflight = inflight
        self._starts = starts
        self._starter = Starter(lease, starts)
        self._orm_thread = OrmThread(clock)
        self._tracing = tracing()  # asked once: without it no job pays for more than `is None`

    def run(self, attempt: Attempt) -> Outcome:
        """Runs a plain handler on the calling thread. Whatever the handler does is an outcome."""
        thread_connections.refresh()
        if self._tracing is not None:
            self._begin_span(attempt, self._tracing)
        job_type = self._starter.start(attempt.claim)
        if isinstance(job_type, NotStarted):
            return job_type
        outcome = self._call(job_type, attempt)
        if self._tracing is not None and attempt.span is not None:
            self._tracing.end(attempt.span, outcome)
        if thread_connections.opened:
            self._clear_connections(attempt.claim)
        return outcome

    async def run_async(self, attempt: Attempt) -> Outcome:
        """Runs an `async def` handler in the event loop. Whatever it does is an outcome."""
        if self._tracing is not None:
            self._begin_span(attempt, self._tracing)
        job_type = await self._starter.start_async(attempt.claim)
        if isinstance(job_type, NotStarted):
            return job_type
        await self._orm_thread.refresh()
        async with self._orm_thread.used_by_handler():
            outcome = await self._call_async(job_type, attempt)
        if self._tracing is not None and attempt.span is not None:
            self._tracing.end(attempt.span, outcome)
        return outcome

    def give_up(self, attempt: Attempt) -> Outcome:
        """The outcome of a handler that goes on although its time is over."""
        claim, seconds = attempt.claim, attempt.timeout_seconds
        logger.error(
            "Job %s (%s) does not stop after its time of %g s: left behind",
            claim.id,
            claim.type,
            seconds,
            extra=self._fields("job.left_behind", claim, timeout_seconds=seconds),
        )
        timeout = JobTimeout(f"did not stop after its time of {seconds:g} s")
        return attempt.cut_off(error_of(timeout, self._lease.worker.name))

    def _begin_span(self, attempt: Attempt, spans: Tracing) -> None:
        attempt.span = spans.begin(attempt.claim, self._lease.worker.name)
        attempt.claim = traced(attempt.claim, attempt.span)

    def _clear_connections(self, claim: ClaimedJob) -> None:
        """The next handler on this thread gets them as if they were new."""
        if thread_connections.drop_unfinished():
            # The next job's writes would have been part of it, and undone with it.
            logger.warning(
                "Job %s (%s) left a transaction open: it is rolled back",
                claim.id,
                claim.type,
                extra=self._fields("job.transaction_left_open", claim),
            )
        thread_connections.drop_copies()
        thread_connections.reset_used()

    def _call(self, job_type: JobType, attempt: Attempt) -> Outcome:
        run = call_in_transaction if job_type.effect is Effect.TRANSACTIONAL else call_plainly
        context = self._context(job_type, attempt)
        try:
            with attempt.interruptible(job_type.timeout_seconds):
                # What it sets in its context (a time zone, a language) ends with it.
                return Context().run(run, job_type, attempt, context)
        except BaseException as exception:  # noqa: BLE001 - whatever happens is an outcome
            exception = readable(exception)
            # A time limit may have been raised in the middle of a statement; and after a failover
            # the next attempt on this thread needs a session on the new primary.
            if isinstance(exception, JobTimeout) or is_refused_write(exception):
                connections.close_all()
            return self._outcome_of(exception, job_type, attempt)

    async def _call_async(self, job_type: JobType, attempt: Attempt) -> Outcome:
        context = self._context(job_type, attempt)
        continue_in_context(attempt)  # ends with the task
        attempt.limit(job_type.timeout_seconds)
        limit = asyncio.timeout(job_type.timeout_seconds)
        try:
            async with limit:
                with attempt.in_handler():
                    try:
                        returned = await finish(job_type.handler(attempt.claim.payload, context))
                    finally:
                        end_if_forked()
                refuse_unfinished(returned, job_type.effect)
        except BaseException as exception:  # noqa: BLE001 - whatever happens is an outcome
            if limit.expired():
                exception = JobTimeout().with_traceback(exception.__traceback__)
            return self._outcome_of(readable(exception), job_type, attempt)
        return succeeded(returned)

    def _context(self, job_type: JobType, attempt: Attempt) -> JobContext:
        claim = attempt.claim
        attempt.worker = self._lease.worker.name
        attempt.effect = AttemptEffect(
            claim, self._starts, is_announced=job_type.calls_effect_begins
        )
        if job_type.sensitive:  # before the handler, which may do as it likes with its payload
            attempt.secrets = Secrets(claim.payload, job_type.sensitive)
        return JobContext(
            **claim.told_to_handler,
            worker=attempt.worker,
            is_cancelled=partial(self._inflight.is_cancelled, claim.id),
            masked=attempt.secrets.message,
            report=partial(self._progress.report, claim),
            effect_start=attempt.effect,
        )

    def _outcome_of(self, exception: BaseException, job_type: JobType, attempt: Attempt) -> Outcome:
        claim, worker = attempt.claim, self._lease.worker.name
        if isinstance(exception, StartNotWritten):
            return not_started(claim, exception, worker)
        outcome = outcome_of(exception, worker, attempt.secrets)
        if isinstance(outcome, CutOff) and isinstance(exception, JobTimeout):
            return attempt.cut_off(outcome.error)
        if isinstance(outcome, Failed | FailedForGood | CutOff):
            return replace(outcome, error=attempt.timed(outcome.error))
        return outcome

    def _fields(self, event: str, claim: ClaimedJob, **more: object) -> dict[str, object]:
        return attempt_fields(event, claim, worker=self._lease.worker.name, **more)
