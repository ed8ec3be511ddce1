"""Secrets that calls of `http_request` are signed with: what they are derived from."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from jobs.core.ids import uuid7

# Of one client at a time, so that a secret can be replaced without a gap.
SIGNING_SECRETS_MAX = 2


class SigningSecret(models.Model):
    """A secret of a client; without a client, that of jobs which code has enqueued.

    The secret itself is not here: it is derived from this row and SECRET_KEY, so that a copy of the
    database alone does not tell it. `slot`: 1 or 2, so that there cannot be three. `key_mark`:
    tells which SECRET_KEY it is derived from.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Whose jobs it signs; empty: those that code has enqueued.",
    )
    slot = models.PositiveSmallIntegerField()
    key_mark = models.CharField(max_length=16)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["client", "slot"], name="signing_secret_once_per_slot"),
            models.UniqueConstraint(
                fields=["slot"],
                condition=Q(client__isnull=True),
                name="signing_secret_of_code_per_slot",
            ),
            models.CheckConstraint(
                condition=Q(slot__range=(1, SIGNING_SECRETS_MAX)),
                name="signing_secret_slot_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"signing secret {self.id}"
