"""Access and refresh tokens, and which of their claims are believed.

A token names its user, the user's password by a fingerprint, and the session of its log-in. One
that code makes for a user, with `AccessToken.for_user`, names no session.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.models import LoginSession, ServiceAccount, ServiceSecret, User
from accounts.scopes import scopes_in
from accounts.token_backend import SURPRISES, SigningKeysBackend

SESSION_CLAIM = "sid"
SCOPE_CLAIM = "scope"
SECRET_CLAIM = "cid"  # noqa: S105 - its name

_USER_ID = re.compile(r"[1-9][0-9]{0,18}")
_LARGEST_USER_ID = 2**63 - 1
_LAST_SECOND = 253_402_300_799  # of the year 9999, where Python's dates end

_BACKEND = SigningKeysBackend()


class StrictToken(tokens.Token):
    """A token whose every claim has the form that this service gives it.

    Raises TokenError for any other, whoever signed it.
    """

    def __init__(self, token: Any = None, verify: bool = True) -> None:
        try:
            super().__init__(token, verify)
        except SURPRISES as error:
            raise TokenError("Token is invalid") from error

    def verify(self) -> None:
        """Raises TokenError for a token that has expired, is of another type, or is odd."""
        if not all(has_form(self.payload.get(claim)) for claim, has_form in _FORMS.items()):
            raise TokenError("Token is invalid")
        super().verify()

    @property
    def token_backend(self) -> Any:
        """What signs and verifies: our keys, in place of the library's single one."""
        return _BACKEND

    @property
    def user_id(self) -> int:
        """The user that the token was made for."""
        return int(self.payload[api_settings.USER_ID_CLAIM])

    @property
    def session_id(self) -> UUID | None:
        """The session that the token belongs to."""
        session = self.payload.get(SESSION_CLAIM)
        return None if session is None else UUID(session)

    @property
    def scopes(self) -> frozenset[str] | None:
        """What the token may be used for; None for one without the claim, which nothing narrows.

        Such tokens were made before there were scopes, or by code.
        """
        text = self.payload.get(SCOPE_CLAIM)
        return None if text is None else scopes_in(text)

    @property
    def secret_id(self) -> UUID | None:
        """The secret of a service account that the token was got with."""
        secret = self.payload.get(SECRET_CLAIM)
        return None if secret is None else UUID(secret)

    @property
    def expires_at(self) -> datetime:
        """The end of the token."""
        return datetime.fromtimestamp(self.payload["exp"], UTC)

    def is_of(self, user: User) -> bool:
        """Whether the user still has the password, and the log-in, that the token was made with.

        A token of a session is also worthless once its session has ended, which is not asked here.
        """
        if self.payload.get(api_settings.REVOKE_TOKEN_CLAIM) != _fingerprint(user):
            return False
        if self.session_id is not None or user.logged_out_at is None:
            return True
        return int(self.payload["iat"]) > user.logged_out_at.timestamp()


class AccessToken(StrictToken, tokens.AccessToken):
    """What comes with a call."""


class RefreshToken(StrictToken):
    """What is exchanged for a new pair, once."""

    token_type = "refresh"  # noqa: S105
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME

    def verify(self) -> None:
        """As every token's; raises TokenError also for a token without a session."""
        super().verify()
        if super().session_id is None:
            raise TokenError("Token is invalid")

    @property
    def session_id(self) -> UUID:
        """The session that the token belongs to."""
        return UUID(self.payload[SESSION_CLAIM])


@dataclass(frozen=True)
class TokenPair:
    """What a client gets at a log-in, and for a refresh token."""

    access: AccessToken
    refresh: RefreshToken

    @property
    def expires_at(self) -> datetime:
        """When both have ended."""
        return max(self.access.expires_at, self.refresh.expires_at)


def new_pair(session: LoginSession, scope: str) -> TokenPair:
    """A new pair of tokens for the session's user; neither outlives the session.

    `scope`: the claim of both, as `scope_text` makes it.
    """
    return TokenPair(
        _of_session(AccessToken(), session, scope), _of_session(RefreshToken(), session, scope)
    )


def new_service_token(account: ServiceAccount, secret: ServiceSecret, scope: str) -> AccessToken:
    """A token of a service account, which does not outlive the secret it was got with."""
    token = AccessToken()
    token.payload |= {
        api_settings.USER_ID_CLAIM: str(account.pk),
        api_settings.REVOKE_TOKEN_CLAIM: _fingerprint(account.user),
        SECRET_CLAIM: str(secret.pk),
        SCOPE_CLAIM: scope,
        "client_id": account.client_id,
    }
    if secret.expires_at is not None:
        token.payload["exp"] = min(token.payload["exp"], int(secret.expires_at.timestamp()))
    return token


def _of_session(token: Any, session: LoginSession, scope: str) -> Any:
    token.payload |= {
        api_settings.USER_ID_CLAIM: str(session.user_id),
        api_settings.REVOKE_TOKEN_CLAIM: _fingerprint(session.user),
        SESSION_CLAIM: str(session.id),
        SCOPE_CLAIM: scope,
        "exp": min(token.payload["exp"], int(session.ends_at.timestamp())),
    }
    return token


def _fingerprint(user: User) -> str:
    """Made of the stored, salted hash: another one after each change of password, however made."""
    return get_md5_hash_password(user.password)


def _is_user_id(value: object) -> bool:
    if type(value) is int:
        return 0 < value <= _LARGEST_USER_ID
    return _is_text(value, _USER_ID) and int(str(value)) <= _LARGEST_USER_ID


def _is_second(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LAST_SECOND


def _is_text(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


_ANY_ID = re.compile(r"[!-~]{1,255}")
_SCOPE = re.compile(r"([!-~]+( [!-~]+)*)?", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FORMS: dict[str, Callable[[object], bool]] = {
    api_settings.USER_ID_CLAIM: _is_user_id,
    api_settings.REVOKE_TOKEN_CLAIM: lambda value: _is_text(value, _ANY_ID),
    "exp": _is_second,
    "iat": _is_second,
    "jti": lambda value: _is_text(value, _ANY_ID),
    SESSION_CLAIM: lambda value: value is None or _is_text(value, _UUID),
    SECRET_CLAIM: lambda value: value is None or _is_text(value, _UUID),
    SCOPE_CLAIM: lambda value: value is None or _is_text(value, _SCOPE),
}
