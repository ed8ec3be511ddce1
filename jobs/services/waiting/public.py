"""Waiting for a job in Django code: `from jobs import job_wait`."""

import threading
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection

from jobs.core.attempt_error import error_summary
from jobs.core.states import FINAL_STATES, JobState
from jobs.core.wait_errors import JobNotFound, WaitTimedOut
from jobs.models import Job, JobResult
from jobs.services.waiting import place_leave, place_take
from jobs.services.waiting.places import Place, job_seen
from jobs.sql.contention import is_in_transaction


@dataclass(frozen=True, slots=True)
class FinalJob:
    """A job that has ended.

    `state`: `succeeded`, `dead`, `skipped`, `cancelled` or `expired`. `result`: what its handler
    returned, if it has succeeded and that was kept; else None. `error`: the last error in one line;
    empty if no attempt failed.
    """

    id: UUID
    type: str
    state: str
    attempt: int
    result: Any
    error: str

    @property
    def has_succeeded(self) -> bool:
        """Whether the state is `succeeded`."""
        return self.state == JobState.SUCCEEDED


def job_wait(job_id: UUID | str, timeout: float) -> FinalJob:
    """Waits up to `timeout` seconds for a job to end, and returns it; 0 only looks.

    A job of any client and of any state may be waited for. Not to be called inside a transaction
    that has enqueued the job: it begins after the commit. While this waits it holds no connection
    to PostgreSQL, unless a transaction is open.

    Raises JobNotFound; WaitTimedOut, which is also a TimeoutError, if the job has not ended by
    then; ValueError for an id that is none, or a timeout below 0.
    """
    if not timeout >= 0:
        raise ValueError(f"timeout is {timeout!r}; give seconds, 0 or more")
    deadline = monotonic() + timeout
    job = _job(UUID(str(job_id)))
    if job.state in FINAL_STATES:
        return _final(job)
    woken = threading.Event()
    place = Place(job.pk, None, woken.set, job_seen(job))
    place_take(place)
    try:
        return _wait(job.pk, woken, deadline, timeout)
    finally:
        place_leave(place)


def _wait(job_id: UUID, woken: threading.Event, deadline: float, timeout: float) -> FinalJob:
    while True:
        woken.clear()
        job = _job(job_id)
        if job.state in FINAL_STATES:
            return _final(job)
        if (left := deadline - monotonic()) <= 0:
            raise WaitTimedOut(job_id, job.state, timeout, in_transaction=is_in_transaction())
        if not is_in_transaction():
            connection.close()
        woken.wait(left)


def _job(job_id: UUID) -> Job:
    try:
        return Job.objects.defer("payload").get(pk=job_id)
    except Job.DoesNotExist:
        raise JobNotFound(job_id) from None


def _final(job: Job) -> FinalJob:
    result = JobResult.objects.filter(job_id=job.pk).first() if _has_result(job) else None
    return FinalJob(
        id=job.pk,
        type=job.type,
        state=job.state,
        attempt=job.attempt,
        result=result.value if result else None,
        error=error_summary(job.errors),
    )


def _has_result(job: Job) -> bool:
    return job.state == JobState.SUCCEEDED
