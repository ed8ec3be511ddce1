"""The sessions of the API."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models

from accounts.models.user import User


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
