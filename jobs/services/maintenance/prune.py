"""Jobs, keys and workers past their retention are deleted."""

import time

from django.db.models import Exists, OuterRef, Q

from jobs.core.clock import DAY_SECONDS
from jobs.core.conf import jobs_conf
from jobs.core.ids import uuid7_floor
from jobs.core.states import FINAL_STATES, JobState
from jobs.models import Job, ProcessedKey, Worker
from jobs.models.moments import seconds_ago
from jobs.services.maintenance.round import Round, run_round

# Rows of each table in one round, so that no transaction grows with what is old.
PRUNE_LIMIT = 1_000


def jobs_prune() -> Round:
    """Deletes the oldest jobs, keys and workers past their retention; counts rows.

    Jobs are kept for `JOBS_RETENTION_DAYS` after they ended, keys for `JOBS_KEY_RETENTION_DAYS`
    after their success. A dead job stays for as long as its dead letter waits for a person.
    """
    return run_round("prune", _prune, skipped=Round())


def _prune() -> Round:
    conf = jobs_conf()
    count = (
        _prune_jobs(conf.retention_days)
        + _prune_keys(conf.key_retention_days)
        + _prune_workers(conf.retention_days)
    )
    return Round(count, is_full=count >= PRUNE_LIMIT)


def _prune_jobs(days: float) -> int:
    """Ids carry the moment of their making, so the primary key finds the oldest rows."""
    cutoff = uuid7_floor(time.time() - days * DAY_SECONDS)
    old = (
        Job.objects.filter(id__lt=cutoff, finished_at__lt=seconds_ago(days * DAY_SECONDS))
        .filter(state__in=FINAL_STATES)
        .exclude(state=JobState.DEAD, dead_letters__resolution="")
        .order_by("id")
        .values_list("id", flat=True)[:PRUNE_LIMIT]
    )
    return Job.objects.filter(id__in=list(old)).delete()[0]


def _prune_keys(days: float) -> int:
    """A key without success goes when its job is gone: no job is left that would do the effect."""
    cutoff = seconds_ago(days * DAY_SECONDS)
    deserted = Q(processed_at__isnull=True) & ~Q(Exists(Job.objects.filter(id=OuterRef("job_id"))))
    old = ProcessedKey.objects.filter(Q(processed_at__lt=cutoff) | deserted, created_at__lt=cutoff)
    keys = list(old.values_list("key", flat=True)[:PRUNE_LIMIT])
    return ProcessedKey.objects.filter(key__in=keys).delete()[0]


def _prune_workers(days: float) -> int:
    """All at once: workers are few, and their rows small."""
    old = Worker.objects.filter(stopped_at__lt=seconds_ago(days * DAY_SECONDS))
    return old.delete()[0]
