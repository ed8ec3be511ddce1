"""Access tokens: their users are read once in a few seconds instead of at every call."""

from copy import copy
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken

from accounts.checked_tokens import checked_tokens
from accounts.models import LoginSession, User
from accounts.tokens import AccessToken

SCHEME = b"bearer"
CHALLENGE = 'Bearer realm="api"'
INVALID_TOKEN = f'{CHALLENGE}, error="invalid_token"'


class CheckedTokenAuthentication(JWTAuthentication):
    """SimpleJWT's authentication, whose result is kept for `TOKEN_CHECK_SECONDS`.

    An account that is closed, a password that is changed and a session that is ended in another
    process keep their access for that long; in this process they lose it at once.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The user and the token; None without one; raises a 401 that says what is wrong."""
        header = self.get_header(request)
        raw_token = self.get_raw_token(header) if header is not None else None
        if raw_token is None:
            return None
        checked = checked_tokens.get(raw_token)
        if checked is None:
            token: Any = self.get_validated_token(raw_token)
            checked = (_user_of(token), token)
            checked_tokens.put(raw_token, *checked)
        user, token = checked
        # A copy, as a view may change its user, and Django caches permissions on it.
        return copy(user), token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for (RFC 6750, section 3): it blames a token only if one was sent."""
        header = self.get_header(request)
        return CHALLENGE if header is None or not _is_bearer(header) else INVALID_TOKEN

    def get_raw_token(self, header: bytes) -> bytes | None:
        """The token in the header; None if the header is for another scheme."""
        scheme, *credentials = header.split() or [b""]
        if scheme.lower() != SCHEME:
            return None
        if len(credentials) != 1:
            raise AuthenticationFailed(
                "Authorization header must contain two space-delimited values",
                code="bad_authorization_header",
            )
        return credentials[0]


def _is_bearer(header: bytes) -> bool:
    """Whether that is the scheme, which is written in any case (RFC 9110, section 11.1)."""
    return [one.lower() for one in header.split(maxsplit=1)[:1]] == [SCHEME]


def _user_of(token: AccessToken) -> User:
    """Reads the user, with the token's session if it has one, in one statement."""
    user = _user(token) if token.session_id is None else _user_and_session(token, token.session_id)
    if not user.is_active:
        raise AuthenticationFailed("User is inactive", code="user_inactive")
    if not token.is_of(user):
        raise InvalidToken("The password was changed, or the user logged out everywhere.")
    return user


def _user(token: AccessToken) -> User:
    try:
        return User.objects.get(pk=token.user_id)
    except User.DoesNotExist as error:
        raise AuthenticationFailed("User not found", code="user_not_found") from error


def _user_and_session(token: AccessToken, session_id: UUID) -> User:
    sessions = LoginSession.objects.select_related("user")
    try:
        return sessions.get(pk=session_id, user_id=token.user_id).user
    except LoginSession.DoesNotExist as error:
        raise InvalidToken("The session of this token has ended; log in again.") from error
