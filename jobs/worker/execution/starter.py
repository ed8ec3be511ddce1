"""The start of an attempt: find the type, check the lease, write the start where it counts."""

import logging

from django.db import Error, connection

from jobs.core import kill_points
from jobs.core.claim import ClaimedJob
from jobs.core.outcome import NotStarted
from jobs.handlers.registry import JobType, job_types
from jobs.services.attempts import job_start
from jobs.worker.liveness.lease import Lease
from jobs.worker.log_fields import attempt_fields

logger = logging.getLogger(__name__)

# A type that this worker does not know belongs to a newer or older release: others may know it.
UNKNOWN_TYPE_SECONDS = 15.0
# What PostgreSQL did not let begin must not come back as fast as it can be fetched.
NOT_STARTED_SECONDS = 1.0


class Starter:
    """Decides whether a handler may run now; one instance serves every thread of the worker."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def start(self, claim: ClaimedJob) -> JobType | NotStarted:
        """The type whose handler is to run now, or the outcome that says that it must not."""
        worker = self._lease.worker.name
        job_type = job_types.find(claim.type)
        if job_type is None:
            logger.warning(
                "Job %s: no handler for %r here; it waits",
                claim.id,
                claim.type,
                extra=attempt_fields("job.type_unknown", claim, worker=worker),
            )
            return NotStarted(UNKNOWN_TYPE_SECONDS)
        try:
            kill_points.reached(kill_points.CLAIM_START)
            if not self._may_start(claim):
                return NotStarted()
        except Error as error:
            return not_started(claim, error, worker)
        logger.info(
            "Worker %s processing job %s (%s, attempt %d)",
            worker,
            claim.id,
            claim.type,
            claim.attempt,
            extra=attempt_fields("job.started", claim, worker=worker),
        )
        return job_type

    def _may_start(self, claim: ClaimedJob) -> bool:
        lease = self._lease
        is_of_this_worker = lease.is_held and lease.worker.id == claim.worker_id
        return is_of_this_worker and job_start(claim=claim)


def not_started(claim: ClaimedJob, error: Error, worker: str) -> NotStarted:
    """The outcome where PostgreSQL raised `error` before the handler was called.

    Whether the attempt is still held is seen when its outcome is written.
    """
    logger.warning(
        "Job %s could not be started: %s",
        claim.id,
        error,
        extra=attempt_fields("job.not_started", claim, worker=worker),
    )
    connection.close()
    return NotStarted(NOT_STARTED_SECONDS)
