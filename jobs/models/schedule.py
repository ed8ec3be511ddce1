"""A recurring job: when it fires, what it makes, and what became of its last fire times."""

from datetime import UTC

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from jobs.core.conf import PRIORITY_MAX, PRIORITY_MIN
from jobs.core.fire_rule import Missed, Overlap
from jobs.core.ids import uuid7
from jobs.core.recurrence import Recurrence
from jobs.core.schedule_rule import ScheduleRule, in_utc
from jobs.models.detach_client import detach_client
from jobs.models.schedule_queryset import ScheduleQuerySet


class Schedule(models.Model):
    """One schedule. `next_fire_at` is the guard: the worker that moves it has fired.

    `due_at`: when a worker looks at it, which is `next_fire_at`, or later while it is held
    (`held_since`) or its rule is broken. `failures`: fire times in a row that made no job, and
    `error`: why. `declared_in`: the code that declares it; empty if people do.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, unique=True)
    type = models.CharField(max_length=100)
    payload = models.JSONField(default=dict, blank=True)
    queue = models.CharField(
        max_length=63, blank=True, default="", help_text="Empty: the queue of the type."
    )
    priority = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="0 to 9, 9 is most urgent; empty: 5."
    )

    cron = models.CharField(
        max_length=255,
        blank=True,
        default="",
        help_text="minute hour day-of-month month day-of-week, as in 0 7 * * MON-FRI",
    )
    every_seconds = models.FloatField(
        null=True, blank=True, help_text="Instead of cron: an interval of 1 second or more."
    )
    timezone = models.CharField(
        max_length=64, default="UTC", help_text="A name of the tz database, as in Europe/Berlin."
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    missed = models.CharField(max_length=10, choices=Missed, default=Missed.ONCE)
    overlap = models.CharField(max_length=10, choices=Overlap, default=Overlap.ALLOW)
    callback_url = models.TextField(  # noqa: DJ001
        null=True, blank=True, help_text="Is called when a job of it has ended; empty for no call."
    )
    paused = models.BooleanField(default=False)

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=detach_client,
        related_name="+",
        db_index=False,
        help_text="The client of the jobs that it makes; none if code declares it.",
    )
    client_left_at = models.DateTimeField(null=True, blank=True)  # its account was deleted then
    created_at = models.DateTimeField(db_default=Now())
    declared_in = models.CharField(max_length=255, blank=True, default="")
    declared_at = models.DateTimeField(null=True, blank=True)

    next_fire_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    last_fired_at = models.DateTimeField(null=True, blank=True)
    held_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("run_schedule", "Can run schedules at once")]
        constraints = [
            models.CheckConstraint(
                condition=Q(cron="", every_seconds__gte=1)
                | (~Q(cron="") & Q(every_seconds__isnull=True)),
                name="schedule_has_cron_or_interval",
            ),
            models.CheckConstraint(
                condition=Q(priority__isnull=True)
                | Q(priority__range=(PRIORITY_MIN, PRIORITY_MAX)),
                name="schedule_priority_in_range",
            ),
            models.CheckConstraint(
                condition=Q(next_fire_at__isnull=True, due_at__isnull=True)
                | Q(next_fire_at__isnull=False, due_at__isnull=False),
                name="schedule_due_iff_it_fires",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(paused=False, due_at__isnull=False),
                name="schedule_active_by_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> ScheduleRule:
        return ScheduleRule(
            cron=self.cron or None,
            every_seconds=self.every_seconds,
            timezone=self.timezone,
            starts_at=in_utc(self.starts_at),
            ends_at=in_utc(self.ends_at),
        )

    @property
    def recurrence(self) -> Recurrence:
        """When it fires; raises CronInvalid, UnknownZone."""
        known = self.next_fire_at or self.last_fired_at or self.starts_at or self.created_at
        return self.rule.recurrence(known.astimezone(UTC))

    @property
    def minds_overlap(self) -> bool:
        """Whether it matters to it that its last job is not final."""
        return self.overlap != Overlap.ALLOW
