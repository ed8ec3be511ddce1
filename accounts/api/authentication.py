"""Access tokens, looked up in the user table once in a few seconds instead of at every call."""

from copy import copy
from typing import Any

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from accounts.api.checked_tokens import checked_tokens


class CheckedTokenAuthentication(JWTAuthentication):
    """What SimpleJWT does, remembered for `TOKEN_CHECK_SECONDS`.

    An account that was closed in another process keeps its access for as long; one that was
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
        # Whatever a view does to its user, also what it asks about its rights, stays its own.
        return copy(user), token
