"""What follows when a job is final: the next job of its chain is enqueued, its batch counts it, and
its callback is called.

Whatever makes a job final calls `jobs_follow_up` in the transaction that does so, so that what
follows happens exactly once, whatever is killed. Jobs of which nothing follows pay nothing:
`ClaimedJob.is_followed` says whether there is anything to look for.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import ExpressionWrapper, Q

from jobs.core.states import FINAL_STATES, JobState
from jobs.models import Job
from jobs.models.job_claims import FOLLOWED
from jobs.services.batches.counting import batch_count
from jobs.services.callbacks import jobs_call_back
from jobs.services.chains import chains_go_on

GOES_ON = Q(next_jobs__isnull=False)
CALLS_BACK = Q(callback_url__isnull=False)

# A dead job has failed; the others are counted by the name of their state.
_COUNTED_AS = {JobState.DEAD.value: "failed"}


def jobs_follow_up(job_ids: Collection[UUID], *, late: Collection[UUID] = ()) -> None:
    """Does what follows from these jobs, which the present transaction has made final.

    `late`: those of them that had been dead, and were counted as failed. To be called last in the
    transaction: other workers wait for the locks on batches, which are taken in the order of ids.
    """
    if not job_ids:
        return
    rows = list(
        Job.objects.filter(id__in=job_ids, state__in=FINAL_STATES)
        .filter(FOLLOWED)
        .order_by("id")
        .values_list("id", "state", "batch_id", _whether(GOES_ON), _whether(CALLS_BACK))
    )
    done = (JobState.SUCCEEDED, JobState.SKIPPED)
    grown = chains_go_on(
        [job_id for job_id, state, _, goes_on, _ in rows if state in done and goes_on]
    )
    if calls := [job_id for job_id, *_, calls_back in rows if calls_back]:
        jobs_call_back(calls)
    counts: dict[UUID, Counter[str]] = {}
    causes: dict[UUID, UUID] = {}
    for job_id, state, batch_id, *_ in rows:
        if batch_id is not None:
            causes[batch_id] = job_id
            counts.setdefault(batch_id, Counter())[_COUNTED_AS.get(state, state)] += 1
            counts[batch_id]["failed"] -= job_id in late
            counts[batch_id]["added"] = grown[batch_id]
    for batch_id in sorted(counts):
        batch_count(batch_id=batch_id, counts=counts[batch_id], cause=causes[batch_id])


def _whether(condition: Q) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(condition, models.BooleanField())


def jobs_are_back(batches: Mapping[UUID, int]) -> None:
    """Dead jobs run again: their batches wait for them. To be called last in the transaction.

    `batches`: how many jobs of each batch.
    """
    for batch_id in sorted(batches):
        batch_count(batch_id=batch_id, counts=Counter(failed=-batches[batch_id]))
