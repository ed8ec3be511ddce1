"""Which job owns an effect key, and whether the effect is done."""

from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from jobs.core.effect_key import EFFECT_KEY_MAX
from jobs.models.job import Job


class ProcessedKeyQuerySet(models.QuerySet["ProcessedKey"]):
    """Processed keys."""

    def take_over(self, key: str, from_job_id: UUID, to_job_id: UUID) -> bool:
        """Gives an unprocessed key to another job; returns False if it is no longer as it was."""
        held = self.filter(key=key, job_id=from_job_id, processed_at__isnull=True)
        return held.update(job_id=to_job_id) == 1


class ProcessedKey(models.Model):
    """The job that owns an effect key. The unique index decides which; cache marks are hints.

    `processed_at` is set in the transaction of the success: from then on the effect is done. A job
    that is its own key has no row: nobody else can ask for the key.
    """

    # Collation C sorts by bytes, so the primary key's index also finds keys by their beginning.
    key = models.CharField(primary_key=True, max_length=EFFECT_KEY_MAX, db_collation="C")
    job = models.ForeignKey(
        Job,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Stays when the job itself is pruned.",
    )
    created_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True, blank=True)

    objects = ProcessedKeyQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        permissions = [("release_processedkey", "Can release processed keys: effects may repeat")]
        indexes = [
            # For pruning, which asks once a minute for the oldest.
            models.Index(fields=["created_at"], name="processed_key_oldest_first"),
        ]

    def __str__(self) -> str:
        return self.key
