"""How many jobs and attempts ended in which way: by the minute, later by longer periods."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Self

from django.db import models
from django.db.models import Sum

from jobs.sql.statements import run

# Periods of roll-ups in seconds.
MINUTE, QUARTER, HOUR, DAY = 60, 900, 3_600, 86_400
# Of no month in particular: it tells the rows of months from others.
MONTH = 30 * DAY
# What charts read: each length of period has its index range.
_CHARTED = (MINUTE, QUARTER, HOUR, DAY)


class EndedIn(NamedTuple):
    """How many ended in one step of a chart with this outcome, or wait, or run time.

    Two of the three are None.
    """

    begins_at: datetime
    outcome: str | None
    wait_bucket: int | None
    run_bucket: int | None
    total: int


class EndedOf(NamedTuple):
    """What ended alike of the jobs of one queue."""

    queue: str
    outcome: str
    wait_bucket: int | None
    run_bucket: int | None
    total: int


class RollUpQuerySet(models.QuerySet["RollUp"]):
    """Roll-ups."""

    def since(self, when: datetime) -> Self:
        """Those of periods that began then or later."""
        return self.filter(seconds__in=_CHARTED, begins_at__gte=when)

    def by_queue(self, names: Iterable[str]) -> list[EndedOf]:
        """Their sums by queue, of these queues."""
        rows = self.filter(queue__in=names).order_by()
        alike = rows.values_list("queue", "outcome", "wait_bucket", "run_bucket")
        return [EndedOf(*row) for row in alike.annotate(total=Sum("count"))]


_Filters = models.Manager.from_queryset(RollUpQuerySet)


class RollUpManager(_Filters["RollUp"]):
    """`RollUp.objects`: the filters, and a statement of its own."""

    def by_step(self, since: datetime, step_seconds: int) -> list[EndedIn]:
        """The sums of periods that began then or later, three times: by outcome, wait and run time.

        By steps that begin at multiples of so many seconds since 1970, in UTC.
        """
        rows = run(
            "roll_ups_by_step", since=since, step_seconds=step_seconds, periods=list(_CHARTED)
        )
        return [EndedIn(*row) for row in rows]


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

    objects = RollUpManager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "roll-up"
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
