"""How many people a client has had mailed lately."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from jobs.core.clock import DAY_SECONDS
from jobs.core.conf import jobs_conf


class MailAllowanceQuerySet(models.QuerySet["MailAllowance"]):
    """Allowances."""

    def locked(self, client_ids: Collection[Any]) -> "dict[Any, MailAllowance]":
        """The allowance of each client, locked until the transaction ends, as it stands now.

        The rows are locked in one order everywhere, so that two calls do not deadlock.
        """
        found = self._locked(client_ids)
        if missing := set(client_ids) - found.keys():
            new = [MailAllowance(client_id=client_id) for client_id in sorted(missing)]
            self.bulk_create(new, ignore_conflicts=True)
            found = self._locked(client_ids)
        return found

    def _locked(self, client_ids: Collection[Any]) -> "dict[Any, MailAllowance]":
        rows = self.select_for_update().filter(client__in=client_ids).order_by("client")
        allowances = {row.client_id: row for row in rows.with_the_time()}
        for allowance in allowances.values():
            allowance.forget_what_is_past()
        return allowances

    def with_the_time(self) -> Self:
        return self.annotate(asked_at=Now())


class MailAllowance(models.Model):
    """What a client has used of its allowance of recipients, which comes back evenly over a day.

    A client without a row has used nothing.
    """

    client = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    used = models.FloatField(default=0.0)
    counted_at = models.DateTimeField(db_default=Now())

    objects = MailAllowanceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    asked_at: datetime  # by the database's clock, set by `with_the_time`

    def __str__(self) -> str:
        return f"{self.client_id}: {self.used:.0f}"

    def forget_what_is_past(self) -> None:
        """Gives back what has come back since it was counted for the last time."""
        seconds = max(0.0, (self.asked_at - self.counted_at).total_seconds())
        self.used = max(0.0, self.used - seconds * _a_second())
        self.counted_at = max(self.asked_at, self.counted_at)

    def seconds_until(self, recipients: int) -> float:
        """After how long this many more recipients are within the limit; 0 if they are now."""
        beyond = self.used + recipients - jobs_conf().email_recipients_per_day
        return max(0.0, beyond / _a_second())


def _a_second() -> float:
    return jobs_conf().email_recipients_per_day / DAY_SECONDS
