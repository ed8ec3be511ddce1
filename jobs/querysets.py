"""Named row filters."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Q
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Greatest, Now

from jobs.states import JobState

if TYPE_CHECKING:
    from jobs.models import DeadLetter, Job, ProcessedKey, Worker  # noqa: F401 - in base classes


def seconds_ago(seconds: float) -> "ExpressionWrapper[CombinedExpression]":
    """The database's moment so many seconds before now (after now, if negative)."""
    interval = Func(0, 0, 0, 0, 0, 0, float(seconds), function="make_interval")
    return ExpressionWrapper(Now() - interval, output_field=models.DateTimeField())


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs."""

    def queued(self) -> Self:
        return self.filter(state=JobState.QUEUED)

    def running(self) -> Self:
        return self.filter(state=JobState.RUNNING)


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Workers."""

    def live(self, timeout_seconds: float) -> Self:
        """Not stopped, and heard of within the timeout."""
        return self.filter(stopped_at__isnull=True).exclude(_silent(timeout_seconds))

    def silent(self, timeout_seconds: float) -> Self:
        """Not stopped, but not heard of for the timeout: dead."""
        return self.filter(_silent(timeout_seconds), stopped_at__isnull=True)


def _silent(timeout_seconds: float) -> Q:
    """Nobody is silent while the database is away: silence counts from its start, too."""
    heard_of = Greatest(
        F("heartbeat_at"),
        Func(function="pg_postmaster_start_time", output_field=models.DateTimeField()),
    )
    return Q(models.lookups.LessThan(heard_of, seconds_ago(timeout_seconds)))


class ProcessedKeyQuerySet(models.QuerySet["ProcessedKey"]):
    """Processed keys."""

    def take_over(self, key: str, from_job_id: UUID, to_job_id: UUID) -> bool:
        """Ties an unprocessed key to another job; False if it has moved on meanwhile."""
        held = self.filter(key=key, job_id=from_job_id, processed_at__isnull=True)
        return held.update(job_id=to_job_id) == 1


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    """Dead letters."""

    def waiting(self) -> Self:
        return self.filter(resolution="")
