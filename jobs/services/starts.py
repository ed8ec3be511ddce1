"""The start of an attempt is written: before its handler, or where that says its effect begins.

Every write is fenced: it happens only where job, worker and attempt still match.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from jobs.core.claim import ClaimedJob, Start
from jobs.core.conf import jobs_conf
from jobs.core.retry import counts_crash_ahead, records_start
from jobs.handlers.registry import job_types
from jobs.models import Job
from jobs.sql.contention import repeats_conflicts


class Started(NamedTuple):
    """Which jobs' starts were written. `locked`: another transaction holds the row: ask again.

    The other attempts were taken away.
    """

    written: set[UUID]
    locked: set[UUID]


@repeats_conflicts
def jobs_start(*, starts: Sequence[Start]) -> Started:
    """Writes the starts of attempts, in one statement that waits for no lock."""
    written = Job.objects.record_starts(starts)
    missing = [start.claim for start in starts if start.claim.id not in written]
    return Started(written, Job.objects.still_held(missing) if missing else set())


def start_before_handler(claim: ClaimedJob) -> Start | None:
    """What is to be written just before the handler runs; None is nothing (decision 0003).

    A handler that says itself where its effect begins has that written by `JobContext`.
    """
    job_type = job_types.find(claim.type)
    if job_type is None or not job_type.calls_effect_begins:
        return Start(claim) if attempt_records_start(claim) else None
    is_counted = counts_crash_ahead(claim.attempt, claim.budget, jobs_conf().crash_limit)
    return Start(claim, effect_begins=False) if is_counted else None


def attempt_records_start(claim: ClaimedJob) -> bool:
    """Whether the start of this attempt is written: see `jobs.core.retry.records_start`."""
    job_type = job_types.find(claim.type)
    return records_start(job_type.effect if job_type else None, claim.budget)


def any_attempt_records_start(claims: Iterable[ClaimedJob]) -> bool:
    """Whether the start of any of these is written. Those of a batch have mostly one answer."""
    alike = {(one.type, one.crashes, one.failures, one.max_retries): one for one in claims}
    return any(attempt_records_start(one) for one in alike.values())
