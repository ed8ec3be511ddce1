"""How far the handler of a job has come."""

from django.db import models
from django.db.models.functions import Now

from jobs.core.progress import MESSAGE_MAX
from jobs.models.job import Job


class ProgressReport(models.Model):
    """The last report of a handler, of the attempt that made it; no row for one that makes none.

    A table of its own, so that reports do not rewrite the job's row.
    """

    job = models.OneToOneField(
        Job,
        primary_key=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
    )
    attempt = models.PositiveIntegerField()
    done = models.FloatField()
    total = models.FloatField(null=True)
    message = models.CharField(max_length=MESSAGE_MAX, blank=True, default="")
    reported_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-job_id"]  # the column: `job` would join the jobs to sort by their ids

    def __str__(self) -> str:
        return f"progress of {self.job_id}"
