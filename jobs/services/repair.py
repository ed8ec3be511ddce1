"""What the timers of the workers repair little by little, repaired at once."""

import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from jobs.broker import get_broker
from jobs.conf import jobs_conf
from jobs.messages import QueueMessage
from jobs.models import Job
from jobs.services.doorbell import ring_after_commit
from jobs.services.recovery import HEARD_BEATS, RESCUE_LIMIT, jobs_rescue, silent_workers
from jobs.services.short_transaction import short_transaction
from jobs.services.verification import contradicted_marks, missing_job_ids

CLEAR_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Repaired:
    """How many of each."""

    rescued: int
    rung: int
    marks_cleared: int


def jobs_repair() -> Repaired:
    """Rescues from dead workers, rings what Redis has lost, clears what the ledger contradicts.

    Changes nothing that is in order. Raises BrokerUnavailable.
    """
    rescued = _rescue()
    marks = contradicted_marks()
    for start in range(0, len(marks), CLEAR_BATCH):
        get_broker().clear_marks(marks[start : start + CLEAR_BATCH])
    return Repaired(rescued, _ring_missing(), len(marks))


def _rescue() -> int:
    """Looks twice at who seems to be dead, as `jobs_rescue` asks of those without heartbeats."""
    looked_at = _database_now()
    if silent_workers(looked_at).exists():
        time.sleep(HEARD_BEATS * jobs_conf().heartbeat_seconds)
    rescued = 0
    while batch := jobs_rescue(heard_at=looked_at):
        rescued += len(batch)
        if len(batch) < RESCUE_LIMIT:
            break
    return rescued


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]


def _ring_missing() -> int:
    """Exactly what is missing, in every queue that jobs name; batch by batch."""
    rung = 0
    while missing := missing_job_ids():
        count = _ring(missing)
        if count == 0:
            break  # others hold these rows: they are at it
        rung += count
    return rung


def _ring(job_ids: list[UUID]) -> int:
    with short_transaction():
        lost = Job.objects.queued().filter(id__in=job_ids).select_for_update(skip_locked=True)
        messages = [
            QueueMessage(*row) for row in lost.values_list("id", "effect_key", "queue", "priority")
        ]
        Job.objects.filter(id__in=[one.job_id for one in messages]).update(rung_at=Now())
        ring_after_commit([(one, 0.0) for one in messages], clear_marks=True)
    return len(messages)
