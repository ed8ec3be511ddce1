"""What the timers of the workers repair little by little, repaired at once."""

import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.core.message import QueueMessage
from jobs.models import Job
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.maintenance.rescue import HEARD_BEATS, RESCUE_LIMIT, jobs_rescue, silent_workers
from jobs.services.short_transaction import short_transaction
from jobs.services.verification.redis import contradicted_cache_marks, missing_job_ids

# How many keys one command to Redis names.
CLEAR_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Repaired:
    """How many of each."""

    rescued: int
    redispatched: int
    cache_marks_cleared: int


def jobs_repair() -> Repaired:
    """Rescues from dead workers, dispatches what Redis has lost, clears wrong cache marks.

    Changes nothing that is in order. Raises BrokerUnavailable.
    """
    rescued = _rescue()
    marks = contradicted_cache_marks()
    for start in range(0, len(marks), CLEAR_BATCH):
        get_broker().clear_cache_marks(marks[start : start + CLEAR_BATCH])
    return Repaired(rescued, _dispatch_missing(), len(marks))


def _rescue() -> int:
    """Asks twice who is silent, as `jobs_rescue` wants of a caller without heartbeats."""
    asked_at = _database_now()
    if silent_workers(asked_at).exists():
        time.sleep(HEARD_BEATS * jobs_conf().heartbeat_seconds)
    rescued = 0
    while batch := jobs_rescue(heard_at=asked_at):
        rescued += len(batch)
        if len(batch) < RESCUE_LIMIT:
            break
    return rescued


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]


def _dispatch_missing() -> int:
    """Exactly what is missing, in every queue that jobs name; batch by batch."""
    dispatched = 0
    while missing := missing_job_ids():
        count = _dispatch(missing)
        if count == 0:
            break  # other transactions hold these rows, and will see to them
        dispatched += count
    return dispatched


def _dispatch(job_ids: list[UUID]) -> int:
    with short_transaction():
        lost = Job.objects.queued().filter(id__in=job_ids).select_for_update(skip_locked=True)
        messages = [
            QueueMessage(*row) for row in lost.values_list("id", "effect_key", "queue", "priority")
        ]
        Job.objects.filter(id__in=[one.job_id for one in messages]).update(dispatched_at=Now())
        dispatch_after_commit([(one, 0.0) for one in messages], clear_cache_marks=True)
    return len(messages)
