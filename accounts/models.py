"""Users of the API and of the admin, and the sessions of the API."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models

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

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As Django's, for what the scopes of the call's token leave of it."""
        if self.scopes is not None and not counts(self.scopes, perm):
            return False
        return super().has_perm(perm, obj)

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


class LoginSession(models.Model):
    """What a log-in at the API begins. It lasts as long as its row.

    Its refresh tokens follow one another; only the newest can be exchanged.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_sessions")
    refresh_jti = models.CharField(max_length=32)  # the claim `jti` of the newest refresh token
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)  # when the last of its tokens ends

    def __str__(self) -> str:
        return f"{self.user_id}: {self.id}"

    @property
    def ends_at(self) -> datetime:
        """When the session ends, however often its tokens were exchanged."""
        return self.started_at + timedelta(days=settings.SESSION_DAYS)
