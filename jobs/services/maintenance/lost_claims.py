"""Claims that only the database knows of are given back."""

from collections.abc import Collection
from uuid import UUID

from jobs.core.attempt_error import error_of_lost_attempt
from jobs.core.claim import ClaimedJob
from jobs.core.outcome import CutOff, NotStarted
from jobs.models import Job
from jobs.models.job_manager import CLAIMED_FIELDS
from jobs.models.moments import seconds_ago
from jobs.services.attempts import Finished, jobs_record
from jobs.services.short_transaction import short_transaction

# Bounds one call; the next one follows.
LOST_CLAIMS_LIMIT = 500


def jobs_release_lost_claims(
    *, worker_id: UUID, known: Collection[tuple[UUID, int]], older_than_seconds: float = 0.0
) -> int:
    """Gives back attempts that the ledger says this worker runs, but that it knows nothing of.

    Such a claim was committed while its answer got lost on the way. `known`: ids and attempts,
    collected before this call; only what was claimed so long ago is looked at. Returns how many.
    """
    held = Job.objects.running().filter(
        worker_id=worker_id, claimed_at__lte=seconds_ago(older_than_seconds)
    )
    lost = set(held.values_list("id", "attempt")) - set(known)
    if not lost:
        return 0
    with short_transaction():
        rows = (
            held.filter(id__in=[job_id for job_id, _ in lost])
            .select_for_update(skip_locked=True)
            .values_list(*CLAIMED_FIELDS, "started_at")[:LOST_CLAIMS_LIMIT]
        )
        claims = [(ClaimedJob(*claimed), started_at) for *claimed, started_at in rows]
        unknown = [
            _unknown(claim, started=started_at is not None)
            for claim, started_at in claims
            if (claim.id, claim.attempt) in lost
        ]
        if unknown:
            jobs_record(finished=unknown)
    return len(unknown)


def _unknown(claim: ClaimedJob, started: bool) -> Finished:
    error = error_of_lost_attempt(str(claim.worker_id))
    return Finished(claim, CutOff(error) if started else NotStarted())
