"""Jobs, keys and workers past their retention are deleted, by statements that load no rows."""

import time

from django.db.models.deletion import DO_NOTHING
from django.db.models.signals import post_delete, pre_delete

from jobs.core.clock import DAY_SECONDS, HOUR_SECONDS
from jobs.core.conf import jobs_conf
from jobs.core.ids import uuid7_floor
from jobs.core.states import FINAL_STATES, JobState
from jobs.models import DeadLetter, Job, Redrive, Worker
from jobs.models.job_queryset import JobQuerySet
from jobs.models.moments import seconds_ago
from jobs.services.maintenance.round import Round, run_round
from jobs.sql.statements import run

# Rows of each table in one round, so that no transaction grows with what is old: 0.1 s of small
# jobs, and 2 s of jobs with 250 KB each.
PRUNE_LIMIT = 5_000


def jobs_prune() -> Round:
    """Deletes the oldest jobs, keys and workers past their retention; counts rows.

    Jobs are kept for `JOBS_RETENTION_DAYS` after they ended, keys for `JOBS_KEY_RETENTION_DAYS`
    after their success. A dead job stays for as long as its dead letter waits for a person.
    """
    return run_round("prune", _prune, skipped=Round())


def _prune() -> Round:
    conf = jobs_conf()
    retention_seconds = conf.retention_days * DAY_SECONDS
    jobs, letters = _prune_jobs(retention_seconds)
    bounded = [
        jobs,
        _deleted("prune_keys", retention_seconds=conf.key_retention_days * DAY_SECONDS),
        _deleted("prune_key_waits"),
        _deleted("prune_results", retention_seconds=conf.result_retention_days * DAY_SECONDS),
        _deleted("prune_answers", retention_seconds=conf.answer_retention_hours * HOUR_SECONDS),
        _deleted("prune_batches", retention_seconds=retention_seconds),
        _deleted("prune_limits"),
    ]
    unbounded = letters + _prune_workers(retention_seconds) + _prune_redrives(retention_seconds)
    return Round(sum(bounded) + unbounded, is_full=max(bounded) >= PRUNE_LIMIT)


def _deleted(statement: str, **parameters: float) -> int:
    """Runs a statement that deletes PRUNE_LIMIT rows at most; returns how many it has deleted."""
    [(count,)] = run(statement, **parameters, limit=PRUNE_LIMIT)
    return int(count)


def _prune_jobs(retention_seconds: float) -> tuple[int, int]:
    """Counts of jobs and of their dead letters."""
    ids = list(_prunable_jobs(retention_seconds).values_list("id", flat=True)[:PRUNE_LIMIT])
    if not ids:
        return 0, 0
    if _has_followers():
        _, deleted = Job.objects.filter(id__in=ids).only("id").delete()
        return deleted.get("jobs.Job", 0), deleted.get("jobs.DeadLetter", 0)
    [(jobs, letters)] = run("prune_jobs", ids=ids)
    return jobs, letters


def _prunable_jobs(retention_seconds: float) -> JobQuerySet:
    """Ids carry the moment of their making, so the primary key finds the oldest rows.

    SKIP LOCKED: a row that another transaction holds goes in a later round.
    """
    cutoff = uuid7_floor(time.time() - retention_seconds)
    return (
        Job.objects.filter(id__lt=cutoff, finished_at__lt=seconds_ago(retention_seconds))
        .filter(state__in=FINAL_STATES)
        .exclude(state=JobState.DEAD, dead_letters__resolution="")
        .order_by("id")
        .select_for_update(skip_locked=True, of=("self",))
    )


def _has_followers() -> bool:
    """Whether the project has models or signals that follow the deletion of a job."""
    relations = [
        one
        for one in Job._meta.get_fields(include_hidden=True)
        if one.auto_created and not one.concrete and one.related_model is not DeadLetter
    ]
    return any(getattr(one, "on_delete", None) is not DO_NOTHING for one in relations) or any(
        signal.has_listeners(model)
        for signal in (pre_delete, post_delete)
        for model in (Job, DeadLetter)
    )


def _prune_redrives(retention_seconds: float) -> int:
    """All at once: redrives are few, and their rows small."""
    old = Redrive.objects.filter(settled_at__lt=seconds_ago(retention_seconds))
    return old.filter(ended_at__isnull=False).delete()[0]


def _prune_workers(retention_seconds: float) -> int:
    """All at once: workers are few, and their rows small."""
    old = Worker.objects.filter(stopped_at__lt=seconds_ago(retention_seconds))
    return old.delete()[0]
