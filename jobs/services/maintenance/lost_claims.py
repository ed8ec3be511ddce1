"""Claims that PostgreSQL knows of and their worker does not are released."""

from collections.abc import Collection
from uuid import UUID

from jobs.core.attempt_error import error_of_lost_attempt
from jobs.core.claim import ClaimedJob
from jobs.core.finished import Finished
from jobs.core.outcome import CutOff, NotStarted
from jobs.models import Job
from jobs.models.job_claims import CLAIMED_FIELDS_WITHOUT_PAYLOAD
from jobs.models.job_queryset import JobQuerySet
from jobs.models.moments import seconds_ago
from jobs.services.maintenance.round import Round, run_round
from jobs.services.record_free import jobs_record_free

# Claims in one round, so that no transaction grows with the damage.
LOST_CLAIMS_LIMIT = 500

Attempts = Collection[tuple[UUID, int]]
"""Ids of jobs, each with the number of the attempt."""


def jobs_release_lost_claims(
    *, worker_id: UUID, known: Attempts, older_than_seconds: float = 0.0
) -> Round:
    """Gives back what this worker runs by its rows, and knows nothing of; counts claims.

    Such a claim was committed, and its reply was lost on the way. An attempt whose start is
    recorded is treated as cut off instead.

    `known`: the attempts that the worker knows of, collected before this call. Only claims older
    than `older_than_seconds` are released: the reply to a younger one may still be in transit.
    """
    held = Job.objects.running().filter(
        worker_id=worker_id, claimed_at__lte=seconds_ago(older_than_seconds)
    )
    lost = set(held.values_list("id", "attempt")) - set(known)
    if not lost:
        return Round()
    return run_round(f"lost_claims:{worker_id}", lambda: _release(held, lost), skipped=Round())


def _release(held: JobQuerySet, lost: Attempts) -> Round:
    rows = (
        held.filter(id__in=[job_id for job_id, _ in lost])
        .select_for_update(skip_locked=True)
        .values_list(*CLAIMED_FIELDS_WITHOUT_PAYLOAD, "started_at")[:LOST_CLAIMS_LIMIT]
    )
    claims = [(ClaimedJob(*claimed), started_at is not None) for *claimed, started_at in rows]
    released = [
        _released(claim, started) for claim, started in claims if (claim.id, claim.attempt) in lost
    ]
    recorded = jobs_record_free(finished=released) if released else []
    return Round(len(recorded), is_full=len(claims) >= LOST_CLAIMS_LIMIT)


def _released(claim: ClaimedJob, started: bool) -> Finished:
    error = error_of_lost_attempt(str(claim.worker_id))
    return Finished(claim, CutOff(error) if started else NotStarted())
