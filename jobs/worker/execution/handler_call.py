"""How a handler is called on the thread of its slot: plainly, or in the recording transaction."""

import sys
import time
from contextvars import Context
from itertools import count

from django.db import connection

from jobs.core.conf import jobs_conf
from jobs.core.correlation import continue_request
from jobs.core.handler_log import current_attempt
from jobs.core.outcome import SUCCEEDED, Outcome, Succeeded
from jobs.core.result import result_of
from jobs.handlers.context import JobContext
from jobs.handlers.registry import JobType
from jobs.models import Job
from jobs.services.attempts import job_succeed_in_transaction
from jobs.services.database_errors import DATABASE_ERRORS, is_on_standby
from jobs.services.short_transaction import handler_transaction
from jobs.services.tracing import continue_in_span
from jobs.sql.contention import repeated
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.results import finish_on_thread
from jobs.worker.execution.silence import named, silence_limit_seconds
from jobs.worker.execution.starter import not_started
from jobs.worker.execution.thread_connections import thread_connections
from jobs.worker.process.descendants import end_if_forked

RECORDED = Succeeded(recorded=True)


def call_plainly(job_type: JobType, attempt: Attempt, context: JobContext) -> Outcome:
    """The handler's work commits by itself, and its success with those of other attempts."""
    return succeeded(_run(job_type, attempt, context))


def succeeded(returned: object) -> Succeeded:
    """The outcome of a handler that has returned this."""
    if returned is None:
        return SUCCEEDED
    return Succeeded(result=result_of(returned, jobs_conf().result_max_bytes))


def _run(job_type: JobType, attempt: Attempt, context: JobContext) -> object:
    thread_connections.handler_begins()
    continue_in_context(attempt)  # ends with the context
    tracer, profiler = sys.gettrace(), sys.getprofile()
    try:
        returned = job_type.handler(attempt.claim.payload, context)
        if returned is not None:
            returned = finish_on_thread(returned, job_type.effect, attempt.seconds_left())
    finally:
        # First of all, and without a call at which what the handler left would look.
        if sys.gettrace() is not tracer:
            sys.settrace(tracer)
        if sys.getprofile() is not profiler:
            sys.setprofile(profiler)
        end_if_forked()
        thread_connections.handler_ends()
    return returned


def continue_in_context(attempt: Attempt) -> None:
    """What this context logs and enqueues from now on goes back to the attempt, and its request."""
    continue_request(attempt.claim.request_id, attempt.claim.traceparent)
    current_attempt.set(attempt)
    if attempt.span is not None:
        continue_in_span(attempt.span)


def call_in_transaction(job_type: JobType, attempt: Attempt, context: JobContext) -> Outcome:
    """The handler's database work and the success commit together, or neither does.

    A commit whose reply is lost counts as failed here; the record that follows is fenced,
    and finds nothing to write if the commit had gone through. A conflict with another transaction
    undoes all of it, whoever of both wrote what: it is done again, and costs no retry. Nor does a
    session on a server that takes no writes, such as a primary that was demoted.
    """
    runs = count(1)
    return repeated(
        lambda: Context().run(_once_in_transaction, job_type, attempt, context, next(runs))
    )


def _once_in_transaction(
    job_type: JobType, attempt: Attempt, context: JobContext, run: int
) -> Outcome:
    begun_at, session = None, None
    try:
        if run > 1:  # the handler may have changed the payload that it was given
            payload = Job.objects.values_list("payload", flat=True).get(id=attempt.claim.id)
            attempt.claim = attempt.claim._replace(payload=payload)
        with handler_transaction(idle_seconds=silence_limit_seconds(job_type)):
            begun_at, session = time.monotonic(), connection.connection
            outcome = succeeded(_run(job_type, attempt, context))
            job_succeed_in_transaction(claim=attempt.claim, result=outcome.result)
    except Exception as error:
        if begun_at is not None and is_on_standby(error):
            # PostgreSQL has undone all of it, and the handler is not at fault.
            connection.close()
            return not_started(attempt.claim, error, context.worker)
        if begun_at is not None:
            seconds, is_lost = time.monotonic() - begun_at, session is None or session.closed
            named_error = named(error, job_type, seconds, is_lost=bool(is_lost))
            if named_error is error:
                raise
            raise named_error from error
        if isinstance(error, DATABASE_ERRORS):
            connection.close()
            return not_started(attempt.claim, error, context.worker)
        raise
    return RECORDED
