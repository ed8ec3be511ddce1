"""New jobs under limits are held, and take their turn in fair queues."""

import json
import logging
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db import Error, transaction

from jobs.core.limit import UNTIL_DUE
from jobs.core.new_job import NewJob
from jobs.handlers.registry import job_types
from jobs.models import Job
from jobs.services.limits.admission import jobs_admit, slots_release
from jobs.services.limits.names import limits_of
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import execute, run, statement

logger = logging.getLogger(__name__)


def jobs_hold(held: Sequence[tuple[UUID, NewJob]]) -> None:
    """Holds these jobs, which the present transaction has inserted; admits after its commit."""
    ranks = _take_ranks([new for _, new in held])
    execute(
        statement("hold_jobs"),
        {
            "ids": [job_id for job_id, _ in held],
            "limits": [json.dumps(new.limits) for _, new in held],
            "fairness_keys": [new.fairness_key for _, new in held],
            "ranks": ranks,
        },
    )
    names = sorted({new.limits[0] for _, new in held})
    transaction.on_commit(lambda: _admit_quietly(names), robust=True)


def job_hold_again(job: Job) -> bool:
    """Puts a queued job that was edited under the limits that it is under now.

    Returns whether it is held: a timer admits it when it is due. In the present transaction, which
    has locked the row. It keeps its rank.
    """
    job_type = job_types.find(job.type)
    limits = limits_of(job_type, job.queue, job.payload) if job_type else job.limits
    if not (limits or job.limits):
        return False
    Job.objects.filter(id=job.id).update(
        limits=limits or None, held_by=UNTIL_DUE if limits else None
    )
    slots_release([job.id])
    return bool(limits)


def _admit_quietly(names: list[str]) -> None:
    try:
        _admit_alone(names)
    except Error as error:
        logger.warning(
            "Nothing was admitted at %d limits; a timer does it: %s",
            len(names),
            error,
            extra={"event": "jobs.not_admitted", "count": len(names)},
        )


@repeats_conflicts
def _admit_alone(names: list[str]) -> None:
    with short_transaction():
        jobs_admit(names)


def _take_ranks(new_jobs: Sequence[NewJob]) -> list[int]:
    """The rank of each job in its fair queue; 0 for the others."""
    tenants = Counter(
        (new.fair_limit, new.fairness_key or "") for new in new_jobs if new.fair_limit is not None
    )
    if not tenants:
        return [0] * len(new_jobs)
    rows = run(
        "rank_tenants",
        limit_names=[name for name, _ in tenants],
        fairness_keys=[key for _, key in tenants],
        counts=list(tenants.values()),
    )
    next_rank = {(name, key): last - tenants[name, key] + 1 for name, key, last in rows}
    ranks = []
    for new in new_jobs:
        tenant = (new.fair_limit, new.fairness_key or "")
        rank = next_rank.get(tenant, 0) if new.fair_limit is not None else 0
        if tenant in next_rank:
            next_rank[tenant] += 1
        ranks.append(rank)
    return ranks
