"""One log line for each outcome that was written, or dropped."""

import logging
from collections.abc import Sequence

from jobs.core.finished import Finished
from jobs.core.log_fields import attempt_fields
from jobs.core.log_line import log_line
from jobs.core.outage import first_line
from jobs.core.retry import Cancel, Die, Requeue, Succeed
from jobs.services.attempts import Recorded

logger = logging.getLogger(__name__)


def log_batch(recorded: Sequence[Recorded], *, failed_before: bool) -> None:
    """One line each; `failed_before`: whether a try of this batch may have been committed."""
    for one in recorded:
        if failed_before and not one.written:
            log_written_before(one)
        else:
            log_recorded(one)


def log_recorded(one: Recorded) -> None:
    """Says what became of one attempt; a success only at level DEBUG."""
    if one.written and isinstance(one.move, Succeed) and not logger.isEnabledFor(logging.DEBUG):
        return  # nearly always
    job_id = one.finished.claim.id_text
    if not one.written:
        logger.warning(
            "Job %s, attempt %d was taken away meanwhile: outcome dropped",
            job_id,
            one.finished.claim.attempt,
            extra=_fields("job.fenced", one),
        )
        return
    match one.move:
        case Requeue(delay_seconds=delay) if delay > 0:
            log_line(
                logger,
                logging.WARNING,
                "Job %s failed (%s); next attempt in %g s",
                (job_id, _error(one), delay),
                _fields("job.retried", one, delay_seconds=delay),
            )
        case Requeue():
            logger.info("Job %s given back", job_id, extra=_fields("job.given_back", one))
        case Cancel():
            logger.info("Job %s cancelled", job_id, extra=_fields("job.cancelled", one))
        case Die(reason=reason):
            log_line(
                logger,
                logging.ERROR,
                "Job %s is a dead letter: %s (%s)",
                (job_id, reason.label, _error(one)),
                _fields("job.dead", one, reason=reason.value),
            )
        case _:
            logger.debug("Job %s recorded", job_id, extra=_fields("job.recorded", one))


def log_written_before(one: Recorded) -> None:
    """Says that an outcome was not written after a try whose reply was lost.

    That try may have committed, or the attempt was taken away.
    """
    logger.warning(
        "Job %s, attempt %d: already written by a try whose reply was lost, or taken away",
        one.finished.claim.id,
        one.finished.claim.attempt,
        extra=_fields("job.written_or_fenced", one),
    )


def log_held_up(batch: Sequence[Finished], error: Exception) -> None:
    """Says that another transaction holds what a batch of outcomes needs: they are kept."""
    logger.warning(
        "%d outcomes met another transaction and are written one by one: %s",
        len(batch),
        first_line(error),
        extra={"event": "outcomes.held_up", "count": len(batch)},
    )


def log_not_handed_over(batch: Sequence[Finished], error: Exception) -> None:
    """Says that slots could not be handed over: these outcomes are written without that."""
    logger.warning(
        "The slots of %d outcomes could not be handed over: %s: %s",
        len(batch),
        type(error).__name__,
        first_line(error),
        extra={"event": "slots.not_handed_over", "count": len(batch)},
    )


def _fields(event: str, one: Recorded, **more: object) -> dict[str, object]:
    claim = one.finished.claim
    if one.finished.seconds is not None:
        more["seconds"] = round(one.finished.seconds, 3)
    return attempt_fields(event, claim, worker_id=str(claim.worker_id), **more)


def _error(one: Recorded) -> str:
    error = getattr(one.finished.outcome, "error", None)
    return f"{error['error']}: {error['message']}" if error else "not started"
