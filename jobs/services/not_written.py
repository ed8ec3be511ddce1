"""An outcome that PostgreSQL does not take is logged."""

import logging

from jobs.core.claim import ClaimedJob
from jobs.core.log_fields import attempt_fields
from jobs.core.outage import first_line

logger = logging.getLogger(__name__)


def log_not_written(claim: ClaimedJob, error: Exception) -> None:
    """Says which outcome could not be written, and why.

    Only the first line: in those below PostgreSQL quotes the row, and its payload.
    """
    logger.error(
        "The outcome of job %s could not be written: %s: %s",
        claim.id,
        type(error).__name__,
        first_line(error),
        extra=attempt_fields("outcome.not_written", claim),
    )
