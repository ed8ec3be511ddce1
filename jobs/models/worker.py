"""A worker process, as PostgreSQL knows it."""

from typing import Self

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Greatest, Now

from jobs.core.ids import uuid7
from jobs.models.moments import seconds_ago


class WorkerRequest(models.TextChoices):
    """What people ask of a worker; it learns of it with its next heartbeat."""

    NONE = "", "nothing"
    DRAIN = "drain", "finish what runs, and take nothing new"
    STOP = "stop", "end as with SIGTERM"


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Workers."""

    def live(self, timeout_seconds: float) -> Self:
        """Workers that have not stopped and were heard of within the timeout."""
        return self.filter(stopped_at__isnull=True).exclude(_silent(timeout_seconds))

    def taking(self, timeout_seconds: float) -> Self:
        """Live workers that nobody has asked to take nothing more."""
        return self.live(timeout_seconds).filter(request=WorkerRequest.NONE)

    def silent(self, timeout_seconds: float) -> Self:
        """Workers that have not stopped, but were not heard of for the timeout."""
        return self.filter(_silent(timeout_seconds), stopped_at__isnull=True)


def _silent(timeout_seconds: float) -> Q:
    """Silence counts from the start of PostgreSQL at the earliest: before, no worker was heard.

    A heartbeat that lies ahead is from before the clock was set back, or from another server's
    clock: a worker that lives has written others since.
    """
    heard_of = Greatest(
        F("heartbeat_at"),
        Func(function="pg_postmaster_start_time", output_field=models.DateTimeField()),
    )
    return Q(models.lookups.LessThan(heard_of, seconds_ago(timeout_seconds))) | Q(
        heartbeat_at__gt=seconds_ago(-timeout_seconds)
    )


class Worker(models.Model):
    """One `runworker` process. Once silent for JOBS_WORKER_TIMEOUT_SECONDS it counts as dead.

    `version`: of this package, and `async_concurrency`: jobs at a time on the event loop; empty and
    None in rows of releases that did not write them. `rss_bytes`: memory at the last heartbeat.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    hostname = models.CharField(max_length=255)
    pid = models.IntegerField()
    queues = models.JSONField(default=list)
    concurrency = models.PositiveSmallIntegerField()
    # The job types that it knows; None in rows of releases that did not write them.
    types = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    stopped_at = models.DateTimeField(null=True, blank=True)
    # It stopped in order: what it still ran then was cut off, and did not take it down.
    signed_off = models.BooleanField(default=False, db_default=False)
    version = models.TextField(blank=True, default="", db_default="")
    async_concurrency = models.PositiveIntegerField(null=True, blank=True)
    rss_bytes = models.BigIntegerField(null=True, blank=True)
    request = models.TextField(
        choices=WorkerRequest, blank=True, default=WorkerRequest.NONE, db_default=""
    )
    # The name of who asked; it stays when the account is gone.
    requested_by = models.TextField(blank=True, default="", db_default="")

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("steer_worker", "Can drain and stop workers"),
            ("view_health", "Can view the health of the installation"),
        ]
        indexes = [
            models.Index(
                fields=["heartbeat_at"],
                condition=Q(stopped_at__isnull=True),
                name="worker_live_heartbeat",
            ),
            # For rescue, which asks for those that have stopped lately.
            models.Index(
                fields=["stopped_at"],
                condition=Q(stopped_at__isnull=False),
                name="worker_by_end",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def default_name(self) -> str:
        """The name of a worker that was given none: the random end of its id."""
        return self.id.hex[-12:]
