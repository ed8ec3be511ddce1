"""What follows when a job is final: its batch counts it, and the next job of its chain is enqueued.

Whatever makes a job final calls `jobs_follow_up` in the transaction that does so, so that what
follows happens exactly once, whatever is killed. Jobs of which nothing follows pay nothing:
`ClaimedJob.is_followed` says whether there is anything to look for.
"""

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from django.db import models
from django.db.models import ExpressionWrapper, Q

from jobs.core.states import FINAL_STATES, JobState
from jobs.models import Job
from jobs.services.batches.counting import batch_count
from jobs.services.chains import chains_go_on

GOES_ON = Q(next_jobs__isnull=False)

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
        .filter(Q(batch_id__isnull=False) | GOES_ON)
        .order_by("id")
        .values_list("id", "state", "batch_id", ExpressionWrapper(GOES_ON, models.BooleanField()))
    )
    done = (JobState.SUCCEEDED, JobState.SKIPPED)
    chains_go_on([job_id for job_id, state, _, goes_on in rows if state in done and goes_on])
    counts: dict[UUID, Counter[str]] = {}
    for job_id, state, batch_id, _ in rows:
        if batch_id is not None:
            counts.setdefault(batch_id, Counter())[_COUNTED_AS.get(state, state)] += 1
            counts[batch_id]["failed"] -= job_id in late
    for batch_id in sorted(counts):
        batch_count(batch_id=batch_id, counts=counts[batch_id])


def job_is_back(job: Job) -> None:
    """A dead job runs again: its batch waits for it. To be called last in the transaction."""
    if job.batch_id is not None:
        batch_count(batch_id=job.batch_id, counts=Counter(failed=-1))
