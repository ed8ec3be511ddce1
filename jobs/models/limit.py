"""A limit of a queue, a type, or of what a type derives from the payload."""

from django.db import models
from django.db.models.functions import Now

from jobs.core.limit import LIMIT_NAME_MAX, LimitRule, Rate


class Limit(models.Model):
    """What may be admitted at once, and in a time, under one name (`jobs.core.limit`).

    Admission takes the lock of this row. `is_override`: staff have set it, and it wins over what
    code declares. `set_at`: since when it has its rule. `tokens` are those of `refilled_at`.
    `look_at`: when admission has to look at it although no slot comes free; None for not at all.
    `current_rank`, `pace` (jobs that ended, a second) and `paced_at` are of a queue that is fair.
    """

    name = models.CharField(primary_key=True, max_length=LIMIT_NAME_MAX, db_collation="C")
    max_concurrency = models.PositiveIntegerField(null=True, blank=True)
    rate_tokens = models.PositiveIntegerField(null=True, blank=True)
    rate_seconds = models.FloatField(null=True, blank=True)
    burst = models.PositiveIntegerField(null=True, blank=True)
    is_fair = models.BooleanField(default=False, db_default=False)
    # Its queued and running jobs have come under it.
    is_adopted = models.BooleanField(default=False, db_default=False)
    set_at = models.DateTimeField(db_default=Now())
    is_override = models.BooleanField(default=False, db_default=False)
    tokens = models.FloatField(default=0.0, db_default=0.0)
    refilled_at = models.DateTimeField(db_default=Now())
    look_at = models.DateTimeField(null=True, blank=True)
    current_rank = models.BigIntegerField(default=0, db_default=0)
    pace = models.FloatField(default=0.0, db_default=0.0)
    paced_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(max_concurrency__isnull=True) | models.Q(max_concurrency__gt=0),
                name="limit_concurrency_above_0",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    rate_tokens__isnull=True, rate_seconds__isnull=True, burst__isnull=True
                )
                | models.Q(rate_tokens__gt=0, rate_seconds__gt=0, burst__gt=0),
                name="limit_rate_is_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["look_at"],
                condition=models.Q(look_at__isnull=False),
                name="limit_to_look_at",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def in_words(self) -> str:
        """What it allows, such as `limit 5`, `rate 100/m` or `turns`."""
        words = [] if self.max_concurrency is None else [f"limit {self.max_concurrency}"]
        if self.rule.rate is not None:
            words.append(f"rate {self.rule.rate.as_text}")
        return " and ".join(words) or "turns"

    @property
    def set_by(self) -> str:
        """Who set it, in one word."""
        return "staff" if self.is_override else "code"

    @property
    def rule(self) -> LimitRule:
        """What it allows."""
        if self.rate_tokens is None or self.rate_seconds is None or self.burst is None:
            return LimitRule(self.max_concurrency)
        return LimitRule(
            self.max_concurrency, Rate(self.rate_tokens, self.rate_seconds, self.burst)
        )
