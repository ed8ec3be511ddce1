"""Access tokens: their users are read once in a few seconds instead of at every call."""

from copy import copy
from typing import Any

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from accounts.api.checked_tokens import checked_tokens


class CheckedTokenAuthentication(JWTAuthentication):
    """SimpleJWT's authentication, whose result is kept for `TOKEN_CHECK_SECONDS`.

    An account that is closed in another process keeps its access for that long; one that is
    closed in this process loses it at once.
    """

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        """The user and the token; None without one; raises what SimpleJWT raises."""
        header = self.get_header(request)
        raw_token = self.get_raw_token(header) if header is not None else None
        if raw_token is None:
            return None
        checked = checked_tokens.get(raw_token)
        if checked is None:
            token = self.get_validated_token(raw_token)
            checked = (self.get_user(token), token)
            checked_tokens.put(raw_token, *checked)
        user, token = checked
        # A copy, as a view may change its user, and Django caches permissions on it.
        return copy(user), token
