"""Jobs that were given up, with all that a person needs to decide about them."""

from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from jobs.core.actor import ACTOR_NAME_MAX
from jobs.core.ids import uuid7
from jobs.core.states import DeathReason, Resolution
from jobs.models.job import Job
from jobs.models.redrive import Redrive


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    """Dead letters."""

    def waiting(self) -> Self:
        return self.filter(resolution="")

    def unsettled(self) -> Self:
        """Replayed by a redrive, and not known yet how that has ended."""
        return self.filter(redrive__isnull=False, replay_ended="")

    def resolve(
        self, resolution: Resolution, *, by_id: Any, by_name: str, redrive_id: UUID | None = None
    ) -> int:
        """Writes what was decided, and by whom; returns how many it was about.

        The name stays when the account is gone.
        """
        return self.update(
            resolution=resolution,
            resolved_at=Now(),
            resolved_by_id=by_id,
            resolved_by_name=by_name[:ACTOR_NAME_MAX],
            redrive_id=redrive_id,
        )


class DeadLetter(models.Model):
    """A job that was given up, waiting for a person until it has a `resolution`.

    `attempts` is a list of `jobs.core.attempt_error.RecordedError`, as `Job.errors` was then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="dead_letters")
    type = models.CharField(max_length=100)
    queue = models.CharField(max_length=63)
    payload = models.JSONField()
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=20, choices=DeathReason)
    error = models.TextField(help_text="What the last attempt said, in one line.")
    # See `jobs.core.fingerprint`; empty in dead letters from before there were fingerprints.
    fingerprint = models.TextField(blank=True, default="", db_default="")
    attempts = models.JSONField(default=list)
    attempt = models.PositiveIntegerField(help_text="The attempt that ended in death.")
    created_at = models.DateTimeField(db_default=Now())
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True, default="")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    resolved_by_name = models.CharField(
        max_length=ACTOR_NAME_MAX, blank=True, default="", db_default=""
    )
    # The dead letter that this job had been replayed from, if it had been.
    replay_of = models.UUIDField(null=True, blank=True)
    redrive = models.ForeignKey(
        Redrive,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="dead_letters",
        db_constraint=False,
        db_index=False,
        help_text="The redrive that replayed it.",
    )
    # The state in which the replay of a redrive has ended; `dead` also if that was replayed again.
    replay_ended = models.TextField(blank=True, default="", db_default="")
    # A name, not the user: it stays when the account is gone.
    assigned_to = models.TextField(blank=True, default="", db_default="")

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("replay_deadletter", "Can replay dead letters"),
            ("discard_deadletter", "Can discard dead letters"),
            ("export_deadletter", "Can export lists of dead letters"),
            ("triage_deadletter", "Can assign dead letters, mute groups and write notes"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job"], condition=Q(resolution=""), name="one_waiting_dead_letter_per_job"
            ),
            models.CheckConstraint(
                condition=Q(resolution="", resolved_at__isnull=True)
                | (~Q(resolution="") & Q(resolved_at__isnull=False)),
                name="dead_letter_resolved_at_iff_resolved",
            ),
        ]
        indexes = [
            models.Index(
                F("id").desc(), condition=Q(resolution=""), name="dead_letter_waiting_newest"
            ),
            models.Index(F("submitted_by"), F("id").desc(), name="dead_letter_by_client_newest"),
            # Lists by any of these values, newest first: it is read in order, and only what fits is
            # looked up in the table.
            models.Index(
                F("id").desc(),
                F("resolution"),
                F("reason"),
                F("type"),
                F("queue"),
                F("fingerprint"),
                name="dead_letter_by_value_newest",
            ),
            # A group in the order in which its jobs died: its first, its last, and a redrive of it.
            models.Index(
                fields=["fingerprint", "id"],
                condition=Q(resolution=""),
                name="dead_letter_group_in_order",
            ),
            # The clients of a group, each found by one step through the index.
            models.Index(
                fields=["fingerprint", "submitted_by"],
                condition=Q(resolution=""),
                name="dead_letter_group_clients",
            ),
            models.Index(
                fields=["redrive", "id"],
                condition=Q(redrive__isnull=False, replay_ended=""),
                name="dead_letter_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.job_id}"
