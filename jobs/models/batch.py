"""Jobs that belong together: how many of them have ended, and how."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from jobs.core.ids import uuid7
from jobs.core.states import BatchState
from jobs.models.detach_client import detach_client

# The counters of how jobs have ended.
ENDS = ("succeeded", "skipped", "failed", "cancelled", "expired")


class Batch(models.Model):
    """Many jobs with one progress, and with jobs that run when the others have ended.

    `succeeded`, `skipped`, `failed` (dead jobs), `cancelled` and `expired` count the jobs that have
    ended, of `total`. The transaction that ends a job counts it, so that exactly one transaction
    sees the last one end. `on_success` and `on_completion` are the callbacks, checked and ready to
    be inserted (`jobs.core.stored_job`); `success_job_id` and `completion_job_id` are the jobs that
    were made of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.TextField(blank=True, default="")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=detach_client,
        related_name="+",
        db_index=False,
    )
    client_left_at = models.DateTimeField(null=True, blank=True)  # its account was deleted then
    on_success = models.JSONField(null=True, blank=True)
    on_completion = models.JSONField(null=True, blank=True)
    # A URL that is called when all have ended, and the job that calls it.
    callback_url = models.TextField(null=True, blank=True)  # noqa: DJ001
    callback_job_id = models.UUIDField(null=True, blank=True)
    success_job_id = models.UUIDField(null=True, blank=True)
    completion_job_id = models.UUIDField(null=True, blank=True)

    total = models.PositiveIntegerField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    # When all had ended for the first time. A dead letter may be replayed later.
    completed_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "batches"
        permissions = [("cancel_batch", "Can cancel batches of other clients")]
        indexes = [
            models.Index(F("submitted_by"), F("id").desc(), name="batch_by_client_newest_first"),
            models.Index(fields=["completed_at"], name="batch_completed_first"),
            models.Index(
                fields=["id"],
                condition=Q(cancel_requested_at__isnull=False, completed_at__isnull=True),
                name="batch_to_cancel",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)

    @property
    def done(self) -> int:
        """How many of its jobs have ended, in whichever way."""
        return sum(getattr(self, name) for name in ENDS)

    @property
    def state(self) -> BatchState:
        """`open` while jobs may be added, `running` while some have not ended, then `completed`."""
        if self.closed_at is None:
            return BatchState.OPEN
        return BatchState.COMPLETED if self.done >= self.total else BatchState.RUNNING
