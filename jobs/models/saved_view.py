"""A filter of a list that a person has given a name."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from jobs.core.ids import uuid7


class SavedView(models.Model):
    """One named filter of one person. `page`: the name of the model whose list it is.

    `query`: the part of the list's address behind the question mark.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    page = models.CharField(max_length=50)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"], name="saved_view_once_per_owner"
            ),
        ]

    def __str__(self) -> str:
        return self.name
