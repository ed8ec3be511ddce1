"""How far a tenant of a fair queue has come."""

from django.db import models

from jobs.core.limit import LIMIT_NAME_MAX


class FairShare(models.Model):
    """The rank of the last job that was accepted with this fairness key, under this limit."""

    limit_name = models.CharField(max_length=LIMIT_NAME_MAX, db_collation="C")
    fairness_key = models.CharField(max_length=255, db_collation="C")
    last_rank = models.BigIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["limit_name", "fairness_key"], name="fair_share_once_a_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.fairness_key} under {self.limit_name}"
