"""Groups of accounts that see each other's jobs."""

from django.db import models


class Tenant(models.Model):
    """A team or a customer. Its accounts see each other's jobs and dead letters.

    To cancel, edit or replay them takes the same permissions as those of strangers. An account that
    is in none sees its own alone.
    """

    name = models.CharField(max_length=150, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
