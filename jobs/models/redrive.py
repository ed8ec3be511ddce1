"""Many dead letters that are replayed at a rate."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from jobs.core.ids import uuid7
from jobs.core.states import RedriveState


class Redrive(models.Model):
    """A replay of all dead letters that a filter finds, in the order in which the jobs died.

    `selection` is the filter (`jobs.core.selection`), `changes` the payload fields that each job
    gets. `cursor` is the last dead letter that was looked at: it moves in the transaction that
    replays, so that each is replayed once. `paced_at` is the moment up to which the rate is used.

    Of those it has looked at, `replayed` were, `refused` do not take the changes or may not be
    submitted any more, and `left` were decided about meanwhile, or held by another change. Of the
    replayed, `succeeded`, `failed` (dead again) and `ended_otherwise` have ended; `recent` and
    `recent_failed` count about the last 200 of these.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    selection = models.JSONField(default=dict)
    changes = models.JSONField(null=True, blank=True)
    rate = models.FloatField(help_text="Dead letters a second, at most.")
    stop_at_percent = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="It stops when so many of the last replayed have died again; never if empty.",
    )
    reason = models.TextField(blank=True, default="")
    # Of the newest dead letter when it began, if the filter finds one group alone: what people call
    # the group, whose dead letters may be pruned before the redrive is.
    error = models.TextField(blank=True, default="", db_default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    # Stays when the account is gone.
    created_by_name = models.TextField(blank=True, default="")

    state = models.CharField(
        max_length=10, choices=RedriveState, default=RedriveState.RUNNING, db_default="running"
    )
    # Why it is in this state, where a person or the machine has said so.
    state_reason = models.TextField(blank=True, default="")
    # How many the filter found when it began.
    total = models.PositiveIntegerField()
    cursor = models.UUIDField(null=True, blank=True)
    paced_at = models.DateTimeField(db_default=Now())
    # Up to where the ends of replayed jobs were looked for; None begins anew.
    settle_cursor = models.UUIDField(null=True, blank=True)

    replayed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    ended_otherwise = models.PositiveIntegerField(default=0)
    recent = models.PositiveIntegerField(default=0)
    recent_failed = models.PositiveIntegerField(default=0)
    # Why the first of the refused was.
    refusal = models.TextField(blank=True, default="")

    created_at = models.DateTimeField(db_default=Now())
    # When it completed, was stopped or cancelled.
    ended_at = models.DateTimeField(null=True, blank=True)
    # When the ends of all that it had replayed were known.
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RedriveState.values), name="redrive_state_is_known"
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="redrive_rate_is_positive"),
        ]
        indexes = [
            models.Index(F("created_by"), F("id").desc(), name="redrive_by_client_newest"),
            models.Index(
                fields=["id"], condition=Q(settled_at__isnull=True), name="redrive_not_settled"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def done(self) -> int:
        """How many of the dead letters it has looked at."""
        return self.replayed + self.refused + self.left

    @property
    def pending(self) -> int:
        """How many of the replayed jobs have not ended yet, as far as is known."""
        return self.replayed - self.succeeded - self.failed - self.ended_otherwise
