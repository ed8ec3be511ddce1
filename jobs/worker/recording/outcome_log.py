"""What the worker says about jobs; fields go along for structured logs."""

import logging

from jobs.core.retry import Cancel, Die, Requeue, Succeed
from jobs.services.attempts import Recorded

logger = logging.getLogger(__name__)


def recorded(one: Recorded) -> None:
    """One line for each outcome that was written, or dropped."""
    if one.written and isinstance(one.move, Succeed) and not logger.isEnabledFor(logging.DEBUG):
        return  # nearly always
    claim = one.finished.claim
    fields = {"job_id": str(claim.id), "job_type": claim.type, "attempt": claim.attempt}
    if not one.written:
        logger.warning(
            "Job %s, attempt %d was taken away meanwhile: outcome dropped",
            claim.id,
            claim.attempt,
            extra=fields | {"event": "job.fenced"},
        )
        return
    match one.move:
        case Requeue(delay_seconds=delay) if delay > 0:
            logger.warning(
                "Job %s failed (%s); next attempt in %g s",
                claim.id,
                _what(one),
                delay,
                extra=fields | {"event": "job.retried"},
            )
        case Requeue():
            logger.info("Job %s given back", claim.id, extra=fields | {"event": "job.given_back"})
        case Cancel():
            logger.info("Job %s cancelled", claim.id, extra=fields | {"event": "job.cancelled"})
        case Die(reason=reason):
            logger.error(
                "Job %s is a dead letter: %s (%s)",
                claim.id,
                reason.label,
                _what(one),
                extra=fields | {"event": "job.dead"},
            )
        case _:
            logger.debug("Job %s recorded", claim.id, extra=fields | {"event": "job.recorded"})


def _what(one: Recorded) -> str:
    error = getattr(one.finished.outcome, "error", None)
    return f"{error['error']}: {error['message']}" if error else "not started"
