"""What people have said about the dead letters with one fingerprint."""

from django.db import models
from django.db.models.functions import Now


class DeadLetterGroup(models.Model):
    """A group that somebody has assigned or muted; others need no row.

    `muted_until`: the number of waiting dead letters with which the group is shown again; None if
    it is not muted. `assigned_to`, `muted_by`: names, which stay when the account is gone.
    """

    fingerprint = models.TextField(primary_key=True)
    type = models.CharField(max_length=100)
    assigned_to = models.TextField(blank=True, default="")
    muted_until = models.PositiveIntegerField(null=True, blank=True)
    muted_at = models.DateTimeField(null=True, blank=True)
    muted_by = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["fingerprint"]
        verbose_name = "dead letter group"

    def __str__(self) -> str:
        return f"{self.type} {self.fingerprint}"
