"""The start of an attempt: find the type, check the lease, write the start where it counts."""

import logging
import threading

from jobs.core import kill_points
from jobs.core.claim import ClaimedJob
from jobs.core.conf import jobs_conf
from jobs.core.ids import uuid7_age_seconds
from jobs.core.log_fields import attempt_fields
from jobs.core.log_line import log_line
from jobs.core.outcome import NotStarted
from jobs.handlers.registry import JobType, job_types
from jobs.services.starts import start_before_handler
from jobs.worker.liveness.lease import Lease
from jobs.worker.recording.start_writer import StartWriter

logger = logging.getLogger(__name__)

# A type that this worker does not know belongs to a newer or older release: others may know it.
# A job waits as long again as it has waited so far: a rollout costs it little, and thousands of
# jobs that no worker will ever know cost little, too. The cap bounds how late it is for a release
# that knows its type at last.
UNKNOWN_TYPE_SECONDS = 15.0
UNKNOWN_TYPE_CAP_SECONDS = 600.0
# What PostgreSQL did not let begin must not come back as fast as it can be fetched.
NOT_STARTED_SECONDS = 1.0


class Starter:
    """Decides whether a handler may run now; one instance serves every thread of the worker."""

    def __init__(self, lease: Lease, starts: StartWriter) -> None:
        self._lease = lease
        self._starts = starts
        self._level = logging.INFO if jobs_conf().log_jobs else logging.DEBUG
        self._unknown_types: set[str] = set()
        self._lock = threading.Lock()

    def start(self, claim: ClaimedJob) -> JobType | NotStarted:
        """The type whose handler is to run now, or the outcome that says that it must not."""
        job_type = self._type_to_run(claim)
        if isinstance(job_type, NotStarted):
            return job_type
        if (start := start_before_handler(claim)) is not None:
            try:
                if not self._starts.write(start):
                    return NotStarted()
            except Exception as error:  # noqa: BLE001 - no memory is left, for example
                return not_started(claim, error, self._lease.worker.name)
        self._log_start(claim)
        return job_type

    async def start_async(self, claim: ClaimedJob) -> JobType | NotStarted:
        """The same on the event loop, which goes on while a start is written."""
        job_type = self._type_to_run(claim)
        if isinstance(job_type, NotStarted):
            return job_type
        if (start := start_before_handler(claim)) is not None:
            try:
                if not await self._starts.awrite(start):
                    return NotStarted()
            except Exception as error:  # noqa: BLE001 - no memory is left, for example
                return not_started(claim, error, self._lease.worker.name)
        self._log_start(claim)
        return job_type

    def _type_to_run(self, claim: ClaimedJob) -> JobType | NotStarted:
        job_type = job_types.find(claim.type)
        if job_type is None:
            self._log_unknown_type(claim)
            return NotStarted(unknown_type_seconds(claim))
        kill_points.reached(kill_points.CLAIM_START)
        lease = self._lease
        is_of_this_worker = lease.is_held and lease.worker.id == claim.worker_id
        return job_type if is_of_this_worker else NotStarted()

    def _log_start(self, claim: ClaimedJob) -> None:
        """The line that every job has."""
        if not logger.isEnabledFor(self._level):
            return  # and makes no fields
        worker = self._lease.worker.name
        log_line(
            logger,
            self._level,
            "Worker %s processing job %s (%s, attempt %d)",
            (worker, claim.id_text, claim.type, claim.attempt),
            attempt_fields("job.started", claim, worker=worker),
        )

    def _log_unknown_type(self, claim: ClaimedJob) -> None:
        """Once a type: each of its jobs is met again and again."""
        with self._lock:
            if claim.type in self._unknown_types:
                return
            self._unknown_types.add(claim.type)
        logger.warning(
            "Job %s: no handler for %r here; jobs of this type wait for a worker that knows it",
            claim.id,
            claim.type,
            extra=attempt_fields("job.type_unknown", claim, worker=self._lease.worker.name),
        )


def unknown_type_seconds(claim: ClaimedJob) -> float:
    """How long a job waits whose type this worker does not know: the longer, the older it is."""
    age_seconds = uuid7_age_seconds(claim.id)
    return min(max(UNKNOWN_TYPE_SECONDS, age_seconds), UNKNOWN_TYPE_CAP_SECONDS)


def not_started(claim: ClaimedJob, error: Exception, worker: str) -> NotStarted:
    """The outcome where PostgreSQL raised `error` before the handler, or its effect, began.

    Whether the attempt is still held is seen when its outcome is written.
    """
    logger.warning(
        "Job %s could not be started: %s",
        claim.id,
        error,
        extra=attempt_fields("job.not_started", claim, worker=worker),
    )
    return NotStarted(NOT_STARTED_SECONDS)
