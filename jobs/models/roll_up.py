"""How many jobs and attempts ended in which way: by the minute, later by the hour and the day."""

from django.db import models


class RollUp(models.Model):
    """A count of what ended alike in one period.

    The statement that records an outcome inserts it, so that it is there exactly if the outcome is.
    There may be many rows of one period: readers add them up, and a timer folds them into one.
    `seconds`: how long the period is. `wait_bucket`, `run_bucket`: which bucket of
    `jobs.core.histogram` the wait and the run time were in; None where there was none.
    `wait_seconds`, `run_seconds`: their sums; None also in rows of versions that had no sums.
    """

    begins_at = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    queue = models.CharField(max_length=63)
    type = models.CharField(max_length=100)
    outcome = models.CharField(max_length=10)
    wait_bucket = models.PositiveSmallIntegerField(null=True)
    run_bucket = models.PositiveSmallIntegerField(null=True)
    count = models.PositiveBigIntegerField()
    wait_seconds = models.FloatField(null=True)
    run_seconds = models.FloatField(null=True)
    is_folded = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["seconds", "begins_at"], name="roll_up_by_period"),
            models.Index(
                fields=["begins_at"],
                condition=models.Q(is_folded=False),
                name="roll_up_not_folded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} of {self.type}"
