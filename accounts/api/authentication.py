"""Access tokens: their users are read once in a few seconds instead of at every call."""

from typing import Any
from uuid import UUID

from django.db.models.base import ModelState
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken

from accounts.api.call_limits import limit_call
from accounts.checked_tokens import checked_tokens
from accounts.models import LoginSession, ServiceSecret, User
from accounts.outside_keys import RETRY_SECONDS, KeysUnavailable
from accounts.outside_tokens import (
    OutsideToken,
    OutsideTokenInvalid,
    UnknownAccount,
    is_of_outside_issuer,
    read_outside_token,
    user_of_outside_token,
)
from accounts.scopes import holds, narrowed, required_scope
from accounts.tokens import AccessToken

SCHEME = b"bearer"
CHALLENGE = 'Bearer realm="api"'
INVALID_TOKEN = f'{CHALLENGE}, error="invalid_token"'


class InsufficientScope(PermissionDenied):
    """403: the token is good, and not for this call (RFC 6750, section 3.1)."""

    default_code = "insufficient_scope"

    def __init__(self, required: str) -> None:
        super().__init__(f"This needs a token with the scope {required}.")
        self.auth_header = f'{CHALLENGE}, error="insufficient_scope", scope="{required}"'


class IssuerUnavailable(APIException):
    """503: the keys of the outside issuer cannot be had; the token may be good."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "issuer_unavailable"
    default_detail = "The keys of the token's issuer cannot be had right now. Try again."
    wait = RETRY_SECONDS


class AccountGone(AuthenticationFailed):
    """401: the account was deleted after its token was made."""

    def __init__(self) -> None:
        super().__init__("The account of this token is gone.", code="user_not_found")


class CheckedTokenAuthentication(JWTAuthentication):
    """SimpleJWT's authentication, whose result is kept for `TOKEN_CHECK_SECONDS`.

    Here a token without the scope of the call is refused as well, so that no view can forget it.

    An account that is closed, a password that is changed and a session that is ended in another
    process keep their access for that long; in this process they lose it at once.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The user and the token; None without one.

        Raises a 401 that says what is wrong, InsufficientScope, and QuotaExceeded.
        """
        header = self.get_header(request)
        raw_token = self.get_raw_token(header) if header is not None else None
        if raw_token is None:
            limit_call(request._request, None)
            return None
        checked = checked_tokens.get(raw_token)
        if checked is None:
            try:
                checked = self._check(raw_token)
            except AuthenticationFailed:
                limit_call(request._request, None)
                raise
            checked_tokens.put(raw_token, *checked)
        user, token = checked
        caller: Any = _copy_of(user)
        limit_call(request._request, caller)
        if caller.scopes is not None:
            _check_scope(request, caller.scopes)
        return caller, token

    def _check(self, raw_token: bytes) -> tuple[User, Any]:
        token: Any
        if is_of_outside_issuer(raw_token):
            user, token = _check_outside_token(raw_token)
        else:
            token = self.get_validated_token(raw_token)
            user = _user_of(token)
        # Looked up once for the calls that follow, which get copies.
        _ = user.submits_types, user.submits_to_queues, user.own_rates
        user.scopes = token.scopes
        if user.is_service:
            user.scopes = narrowed(user.scopes, frozenset(user.service_account.scopes))
        return user, token

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
                "Write Authorization: Bearer, one space, and the token.",
                code="bad_authorization_header",
            )
        return credentials[0]


def _copy_of(user: Any) -> User:
    """As a view may change its user, and Django caches permissions on it.

    `copy.copy` does the same by the protocol of pickle: 4 µs in a loop instead of 0.6, and more in
    a call, whose caches are cold.
    """
    made = User.__new__(User)
    made.__dict__.update(user.__dict__)
    made._state = state = ModelState()
    state.adding, state.db = False, user._state.db
    state.fields_cache = dict(user._state.fields_cache)
    return made


def _check_scope(request: Request, scopes: frozenset[str]) -> None:
    view = (request.parser_context or {}).get("view")
    required = required_scope(view) if view is not None else None
    if required is not None and not holds(scopes, required):
        raise InsufficientScope(required)


def _is_bearer(header: bytes) -> bool:
    """Whether that is the scheme, which is written in any case (RFC 9110, section 11.1)."""
    return [one.lower() for one in header.split(maxsplit=1)[:1]] == [SCHEME]


def _check_outside_token(raw_token: bytes) -> tuple[User, OutsideToken]:
    """The account that the outside issuer's token stands for, and the token."""
    try:
        token = read_outside_token(raw_token)
        user = user_of_outside_token(token)
    except OutsideTokenInvalid as error:
        raise InvalidToken(str(error)) from error
    except KeysUnavailable as error:
        raise IssuerUnavailable from error
    except UnknownAccount as error:
        raise AuthenticationFailed(
            "The token is good, and there is no account of its name here.", code="user_not_found"
        ) from error
    if not user.is_active:
        raise AuthenticationFailed("The account of this token is closed.", code="user_inactive")
    if user.logged_out_at is not None and token.issued_at <= user.logged_out_at:
        raise InvalidToken("The user logged out everywhere.")
    return user, token


def _user_of(token: AccessToken) -> User:
    """Reads the user, with the token's session if it has one, in one statement."""
    if token.secret_id is not None:
        user = _user_and_secret(token, token.secret_id)
    elif token.session_id is not None:
        user = _user_and_session(token, token.session_id)
    else:
        user = _user(token)
    if not user.is_active:
        raise AuthenticationFailed("The account of this token is closed.", code="user_inactive")
    if not token.is_of(user):
        raise InvalidToken("The password was changed, or the user logged out everywhere.")
    return user


def _user(token: AccessToken) -> User:
    try:
        return User.objects.select_related("service_account").get(pk=token.user_id)
    except User.DoesNotExist as error:
        raise AccountGone from error


def account_gone(request: Request) -> AccountGone | None:
    """The refusal of a call whose account was deleted since its token was checked, by another
    process; None if it is there."""
    user: Any = request.user
    if not user.is_authenticated or User.objects.filter(pk=user.pk).exists():
        return None
    checked_tokens.forget_user(user.pk)
    return AccountGone()


def _user_and_secret(token: AccessToken, secret_id: UUID) -> User:
    secrets = ServiceSecret.objects.usable().select_related("account__user__service_account")
    try:
        return secrets.get(pk=secret_id, account_id=token.user_id).account.user
    except ServiceSecret.DoesNotExist as error:
        raise InvalidToken("The secret of this token is revoked, or has expired.") from error


def _user_and_session(token: AccessToken, session_id: UUID) -> User:
    sessions = LoginSession.objects.select_related("user__service_account")
    try:
        return sessions.get(pk=session_id, user_id=token.user_id).user
    except LoginSession.DoesNotExist as error:
        raise InvalidToken("The session of this token has ended; log in again.") from error
