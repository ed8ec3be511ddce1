"""How Django checks a name and a password, whoever asks: the API, or the admin."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.client_address import client_address
from accounts.models import User
from accounts.services.attempts import login_attempt
from accounts.services.refused_logins import login_refused


class LimitedBackend(ModelBackend):
    """Django's, which raises TooManyAttempts instead of checking one password after the other."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """The user of that name and password, or None."""
        username = kwargs.get(User.USERNAME_FIELD) if username is None else username
        if username is None or password is None:
            return None
        address = client_address(request) if request is not None else None
        with login_attempt(address=address, username=username) as attempt:
            user = super().authenticate(request, username=username, password=password)
            if isinstance(user, User) and user.is_service:
                user = None  # it has secrets of its own, whatever password it was given
            if user is not None:
                attempt.succeed()
        if user is None and request is not None:
            login_refused(username=username, address=str(address))
        return user

    async def aauthenticate(self, *args: Any, **kwargs: Any) -> Any:
        """The same: Django's own would go past the limit."""
        return await sync_to_async(self.authenticate)(*args, **kwargs)
