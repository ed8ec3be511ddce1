"""Jobs, keys and workers past their retention are deleted, by statements that load no rows."""

import time

from django.db.models.deletion import DO_NOTHING
from django.db.models.signals import post_delete, pre_delete

from jobs.core.clock import DAY_SECONDS
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
    jobs, letters = _prune_jobs(conf.retention_days)
    keys = _prune_keys(conf.key_retention_days)
    waits = _prune_key_waits()
    results = _prune_results(conf.result_retention_days)
    answers = _prune_answers(conf.answer_retention_hours)
    [(batches,)] = run(
        "prune_batches", retention_seconds=conf.retention_days * DAY_SECONDS, limit=PRUNE_LIMIT
    )
    [(limits,)] = run("prune_limits", limit=PRUNE_LIMIT)
    workers = _prune_workers(conf.retention_days) + _prune_redrives(conf.retention_days)
    pruned = [jobs, keys, waits, results, answers, int(batches), int(limits)]
    return Round(sum(pruned) + letters + workers, is_full=max(pruned) >= PRUNE_LIMIT)


def _prune_jobs(days: float) -> tuple[int, int]:
    """Counts of jobs and of their dead letters."""
    ids = list(_prunable_jobs(days).values_list("id", flat=True)[:PRUNE_LIMIT])
    if not ids:
        return 0, 0
    if _has_followers():
        _, deleted = Job.objects.filter(id__in=ids).only("id").delete()
        return deleted.get("jobs.Job", 0), deleted.get("jobs.DeadLetter", 0)
    [(jobs, letters)] = run("prune_jobs", ids=ids)
    return jobs, letters


def _prunable_jobs(days: float) -> JobQuerySet:
    """Ids carry the moment of their making, so the primary key finds the oldest rows.

    SKIP LOCKED: a row that another transaction holds goes in a later round.
    """
    cutoff = uuid7_floor(time.time() - days * DAY_SECONDS)
    return (
        Job.objects.filter(id__lt=cutoff, finished_at__lt=seconds_ago(days * DAY_SECONDS))
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


def _prune_keys(days: float) -> int:
    [(keys,)] = run("prune_keys", retention_seconds=days * DAY_SECONDS, limit=PRUNE_LIMIT)
    return int(keys)


def _prune_key_waits() -> int:
    [(waits,)] = run("prune_key_waits", limit=PRUNE_LIMIT)
    return int(waits)


def _prune_results(days: float) -> int:
    [(results,)] = run("prune_results", retention_seconds=days * DAY_SECONDS, limit=PRUNE_LIMIT)
    return int(results)


def _prune_answers(hours: float) -> int:
    [(answers,)] = run("prune_answers", retention_seconds=hours * 3600, limit=PRUNE_LIMIT)
    return int(answers)


def _prune_redrives(days: float) -> int:
    """All at once: redrives are few, and their rows small."""
    old = Redrive.objects.filter(settled_at__lt=seconds_ago(days * DAY_SECONDS))
    return old.filter(ended_at__isnull=False).delete()[0]


def _prune_workers(days: float) -> int:
    """All at once: workers are few, and their rows small."""
    old = Worker.objects.filter(stopped_at__lt=seconds_ago(days * DAY_SECONDS))
    return old.delete()[0]
