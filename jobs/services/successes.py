"""Attempts that have succeeded: they are written, and who waited for them is told."""

import logging
from collections.abc import Sequence
from uuid import UUID

from jobs.core.claim import ClaimedJob
from jobs.core.log_fields import attempt_fields
from jobs.models import Job
from jobs.services.announce import jobs_announce_after_commit
from jobs.services.dispatch import mark_done_after_commit
from jobs.services.key_waits import jobs_wake_after_commit, shared_keys

logger = logging.getLogger(__name__)


def successes_record(claims: Sequence[ClaimedJob]) -> tuple[set[UUID], set[UUID]]:
    """The jobs that were written, and those of them whose success is late."""
    if not claims:
        return set(), set()
    written, late = Job.objects.record_succeeded(claims), set[UUID]()
    if missing := [claim for claim in claims if claim.id not in written]:
        late = _record_late_success(missing)
        written |= late
    mark_done_after_commit((claim.effect_key, claim.id) for claim in claims if claim.id in written)
    return written, late


def _record_late_success(claims: list[ClaimedJob]) -> set[UUID]:
    succeeded = Job.objects.record_late_success(claims)
    for claim in claims:
        if claim.id in succeeded:
            logger.warning(
                "Job %s had succeeded after all: its dead letter is settled",
                claim.id,
                extra=attempt_fields("dead_letter.settled", claim),
            )
    return succeeded


def successes_follow_up(succeeded: Sequence[ClaimedJob]) -> None:
    """Tells, after the commit, the jobs and the clients that have waited for these successes."""
    jobs_wake_after_commit(shared_keys(succeeded))
    jobs_announce_after_commit(final=[one.id for one in succeeded])
