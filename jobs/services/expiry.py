"""Jobs that were not started in time never run: they expire, and stay to be seen."""

import logging
from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from jobs.core.log_fields import LoggedJob
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.ended_unstarted import Unstarted, jobs_ended_unstarted

logger = logging.getLogger(__name__)

# Of `LoggedJob`, behind the id.
_LOGGED = LoggedJob._fields[1:]


def jobs_expire(*, limit: int, job_ids: Collection[UUID] | None = None) -> int:
    """queued -> expired for jobs whose time is over, those first that are over longest.

    `job_ids`: only these of them; `limit`: how many at most. Returns how many. To be called inside
    a transaction; rows that another one holds are left out. Their slots are free, and what waits
    for an effect key that one of these jobs has is woken after the commit.
    """
    overdue = Job.objects.can_expire().filter(expires_at__lte=Now()).order_by("expires_at")
    if job_ids is not None:
        overdue = overdue.filter(id__in=job_ids)
    rows = list(
        overdue.select_for_update(skip_locked=True).values_list(*Unstarted._fields, *_LOGGED)[
            :limit
        ]
    )
    if not rows:
        return 0
    ended = [Unstarted(*row[: len(Unstarted._fields)]) for row in rows]
    ids = [one.id for one in ended]
    Job.objects.queued().filter(id__in=ids).update(
        state=JobState.EXPIRED, finished_at=Now(), held_by=None
    )
    jobs_ended_unstarted(ended)
    # A conflict may undo this transaction, and repeat it.
    logged = [LoggedJob(row[0], *row[-len(_LOGGED) :]) for row in rows]
    transaction.on_commit(partial(_log, logged))
    return len(rows)


def _log(expired: Sequence[LoggedJob]) -> None:
    for job in expired:
        logger.info(
            "Job %s expired: it was not started in time", job.id, extra=job.fields("job.expired")
        )
