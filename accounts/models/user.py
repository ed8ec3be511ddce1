"""Users of the API and of the admin."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property

from accounts.models.tenant import Tenant
from accounts.rate import OwnRates, Rate
from accounts.scopes import counts
from accounts.usernames import FOLDED_MAX, folded

NAME_TAKEN = "A user with this username, or with one that looks like it, already exists."


class User(AbstractUser):
    """Django's user, who can be logged out everywhere, and whose name looks like no other."""

    # What the token of this call may be used for; None where no token says so.
    scopes: frozenset[str] | None = None

    # The name without what a reader does not see: two users cannot have the same. NULL for accounts
    # that looked like an older one before this was a rule.
    folded_username = models.CharField(  # noqa: DJ001 - many rows may have none
        max_length=FOLDED_MAX, null=True, unique=True, editable=False
    )

    tenant = models.ForeignKey(
        Tenant,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="members",
        help_text="Accounts of one tenant see each other's jobs.",
    )

    # When the user was logged out everywhere for the last time.
    logged_out_at = models.DateTimeField(null=True, editable=False)

    def clean(self) -> None:
        """Refuses a new name that looks like another's, for the forms of the admin."""
        super().clean()
        others = User.objects.exclude(pk=self.pk)
        if not self.username:  # the form says so
            return
        is_new = not User.objects.filter(pk=self.pk, username=self.username).exists()
        if is_new and others.filter(folded_username=folded(self.username)).exists():
            raise ValidationError({"username": ValidationError(NAME_TAKEN, code="unique")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's; the folded name follows the name."""
        if self._state.adding or self.folded_username is not None:
            self.folded_username = folded(self.username)
            if "username" in (kwargs.get("update_fields") or ()):
                kwargs["update_fields"] = {*kwargs["update_fields"], "folded_username"}
        super().save(*args, **kwargs)

    def clients_seen(self) -> list[int]:
        """The accounts whose jobs it sees beside its own: those of its tenant."""
        if self.tenant_id is None:
            return []
        return list(User.objects.filter(tenant_id=self.tenant_id).values_list("pk", flat=True))

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As Django's, for what the scopes of the call's token leave of it."""
        if self.scopes is not None and not counts(self.scopes, perm):
            return False
        return super().has_perm(perm, obj)

    @cached_property
    def is_service(self) -> bool:
        """Whether it is the account of a program."""
        return hasattr(self, "service_account")

    @cached_property
    def submits_types(self) -> frozenset[str] | None:
        """The job types that it may submit; None for any."""
        return frozenset(self.service_account.job_types) or None if self.is_service else None

    @cached_property
    def submits_to_queues(self) -> frozenset[str] | None:
        """The queues that it may submit to; None for any."""
        return frozenset(self.service_account.queues) or None if self.is_service else None

    @cached_property
    def own_rates(self) -> OwnRates:
        """How often it may call, where that is another rate than everyone's."""
        if not self.is_service:
            return OwnRates()
        account = self.service_account
        reads, writes = account.reads, account.writes
        return OwnRates(Rate.of(reads) if reads else None, Rate.of(writes) if writes else None)

    def get_session_auth_hash(self) -> str:
        """A session of the admin ends when this changes: with the password, or `logged_out_at`."""
        return self._of_this_log_in(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same, made with former values of SECRET_KEY."""
        return map(self._of_this_log_in, super().get_session_auth_fallback_hash())

    def _of_this_log_in(self, password_hmac: str) -> str:
        if self.logged_out_at is None:
            return password_hmac
        return f"{password_hmac}:{self.logged_out_at.timestamp():.6f}"
