"""A queue, as people steer it. Which queues exist, the setting JOBS_QUEUES says."""

from typing import Self

from django.db import models
from django.db.models import Q

from jobs.core.actor import ACTOR_NAME_MAX


class QueueQuerySet(models.QuerySet["Queue"]):
    """Queues."""

    def paused(self) -> Self:
        return self.filter(paused_at__isnull=False)


class Queue(models.Model):
    """One queue. Rows are made from the settings, and stay when a queue is named there no more.

    `paused_by`: the name of who paused it, which stays when the account is gone; empty for code.
    """

    name = models.CharField(primary_key=True, max_length=63)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.CharField(max_length=ACTOR_NAME_MAX, blank=True, default="", db_default="")
    paused_reason = models.TextField(blank=True, default="", db_default="")

    objects = QueueQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("pause_queue", "Can pause and resume queues")]
        constraints = [
            models.CheckConstraint(
                condition=Q(paused_at__isnull=False) | Q(paused_by="", paused_reason=""),
                name="queue_pause_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def pause_in_words(self) -> str | None:
        """That it is paused, by whom and why, as a clause; None if it is not."""
        if self.paused_at is None:
            return None
        by = f" by {self.paused_by}" if self.paused_by else ""
        why = f": {self.paused_reason}" if self.paused_reason else ""
        return f"the queue {self.name} is paused{by}{why}"
