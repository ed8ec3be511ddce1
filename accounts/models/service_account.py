"""Accounts of programs, and their secrets."""

from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.user import User
from accounts.rate import Rate
from accounts.scopes import SCOPES, scope_text

# At a time, so that a secret can be replaced without a gap.
SECRETS_MAX = 2


def validate_scopes(value: object) -> None:
    """Raises ValidationError for anything but a list of scopes."""
    if not isinstance(value, list) or any(one not in SCOPES for one in value):
        raise ValidationError(f"Give a list of scopes; there are: {' '.join(SCOPES)}.")


def validate_names(value: object) -> None:
    """Raises ValidationError for anything but a list of names."""
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ValidationError("Give a list of names.")


def validate_rate(value: object) -> None:
    """Raises ValidationError for anything but a rate."""
    try:
        Rate.of(str(value))
    except ValueError:
        raise ValidationError(
            "Give a number, at least 1, per s, min, hour or day: 100/min."
        ) from None


class ServiceAccount(models.Model):
    """The account of a program: a user without a password, that is known by a client id.

    `scopes`: the most that its tokens may hold. `job_types`, `queues`: what it may submit, and
    where to; an empty list means any. `reads`, `writes`: the calls that it may make, as `100/min`;
    empty: as every account.
    """

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="service_account"
    )
    client_id = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, validators=[validate_scopes])
    job_types = models.JSONField(default=list, blank=True, validators=[validate_names])
    queues = models.JSONField(default=list, blank=True, validators=[validate_names])
    reads = models.CharField(max_length=20, blank=True, default="", validators=[validate_rate])
    writes = models.CharField(max_length=20, blank=True, default="", validators=[validate_rate])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.user.get_username()

    @property
    def scope(self) -> str:
        """Its scopes as a claim has them."""
        return scope_text(self.scopes)


class SecretQuerySet(models.QuerySet["ServiceSecret"]):
    """Secrets of service accounts."""

    def usable(self) -> "SecretQuerySet":
        """Those that have not expired."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))


class ServiceSecret(models.Model):
    """A secret of a service account, which only its holder knows: here is its hash.

    `slot`: 1 or 2, so that there cannot be three. `hint`: its first characters, to tell it from the
    other one.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(ServiceAccount, on_delete=models.CASCADE, related_name="secrets")
    slot = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = SecretQuerySet.as_manager()

    class Meta:
        ordering = ["slot"]
        constraints = [
            models.UniqueConstraint(fields=["account", "slot"], name="secret_once_per_slot"),
            models.CheckConstraint(
                condition=Q(slot__range=(1, SECRETS_MAX)), name="secret_slot_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hint}…"

    @property
    def has_expired(self) -> bool:
        """Whether it is good for nothing any more."""
        return self.expires_at is not None and self.expires_at <= timezone.now()
