"""What the handler of a job returned."""

from django.db import models
from django.db.models.functions import Now

from jobs.core.result import PROBLEM_MAX
from jobs.models.job import Job


class JobResult(models.Model):
    """The result of a job that succeeded; no row for a handler that returned None.

    `problem` says why `value` is missing. A table of its own, because most jobs have none, and
    because results are kept for a time of their own, `JOBS_RESULT_RETENTION_DAYS`.
    """

    job = models.OneToOneField(
        Job,
        primary_key=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
    )
    value = models.JSONField(null=True)
    problem = models.CharField(max_length=PROBLEM_MAX, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-job_id"]  # the column: `job` would join the jobs to sort by their ids
        indexes = [
            # For pruning, which asks once a minute for the oldest.
            models.Index(fields=["created_at"], name="job_result_oldest_first"),
        ]

    def __str__(self) -> str:
        return f"result of {self.job_id}"
