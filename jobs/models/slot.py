"""A place under a limit that an admitted job takes."""

from django.db import models
from django.db.models.functions import Now

from jobs.core.limit import LIMIT_NAME_MAX
from jobs.models.job import Job


class Slot(models.Model):
    """One admitted job that is not final, under one limit; its rows are what a limit counts.

    Without a foreign key to the limit: writing a slot takes no lock on that row.
    """

    job = models.ForeignKey(
        Job, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    limit_name = models.CharField(max_length=LIMIT_NAME_MAX, db_collation="C")
    admitted_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["job", "limit_name"], name="slot_once_a_job_and_limit")
        ]
        indexes = [models.Index(fields=["limit_name"], name="slot_by_limit")]

    def __str__(self) -> str:
        return f"{self.job_id} under {self.limit_name}"
