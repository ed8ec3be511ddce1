"""Sign-up, login and what happens to tokens afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypedDict

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import (
    AuthenticationFailed,
    ErrorDetail,
    PermissionDenied,
    Throttled,
    ValidationError,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.api.authentication import CHALLENGE, INVALID_TOKEN
from accounts.api.parser import CredentialsParser
from accounts.api.serializers import (
    LoginInput,
    LogoutInput,
    NoInput,
    RefreshInput,
    SignUpInput,
)
from accounts.api.strict_input import StrictCallMixin
from accounts.client_address import client_address
from accounts.scopes import ANY_TOKEN
from accounts.services.attempts import TooManyAttempts, count_sign_up
from accounts.services.sessions import (
    NoActiveAccount,
    ScopeNotOpen,
    SessionEnded,
    session_end,
    session_refresh,
    session_start,
    user_log_out_everywhere,
)
from accounts.services.users import user_log_in
from accounts.token_backend import jwks
from accounts.tokens import SCOPE_CLAIM, RefreshToken, TokenPair

# How long others may keep our public keys: a new one is published for so long before it signs.
JWKS_SECONDS = 300


class Tokens(TypedDict):
    """A pair of tokens, their scopes, and how many seconds each is good for."""

    access: str
    refresh: str
    scope: str
    expires_in: int
    refresh_expires_in: int


class SignedUp(Tokens):
    """A new account and its first pair of tokens."""

    id: int
    username: str


class OpenView(StrictCallMixin, APIView):
    """Base of the calls that need no access token: what they need is in the body."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (CredentialsParser,)
    challenge = INVALID_TOKEN

    def get_authenticate_header(self, request: Request) -> str:
        """The `WWW-Authenticate` of a 401: DRF asks authentication classes, of which none is."""
        return self.challenge


class SignUpView(OpenView):
    """Makes a user and logs it in, if the server runs with `SIGNUP_ENABLED`."""

    def post(self, request: Request) -> Response:
        """201 with the account and its tokens; raises `PermissionDenied` if sign-up is off."""
        if not settings.SIGNUP_ENABLED:
            raise PermissionDenied(
                "Sign-up is switched off on this server; ask its administrator for an account.",
                code="signup_disabled",
            )
        with _throttled():
            count_sign_up(address=client_address(request._request))
        new = SignUpInput(data=request.data)
        new.is_valid(raise_exception=True)
        user = new.save()
        tokens = _tokens(session_start(user=user))
        body: SignedUp = {"id": user.pk, "username": user.get_username(), **tokens}
        return Response(body, status=status.HTTP_201_CREATED)


class LoginView(OpenView):
    """Exchanges a name and a password for a pair of tokens: a session begins."""

    challenge = CHALLENGE

    def post(self, request: Request) -> Response:
        """200 with the tokens; raises `AuthenticationFailed`, the same for any reason."""
        given = _validated(LoginInput, request)
        scopes = given.pop("scope")
        with _throttled():
            user = user_log_in(request=request._request, **given)
        if user is None:
            raise AuthenticationFailed(
                "No active account found with the given credentials", code="no_active_account"
            )
        with _scopes_refused():
            return Response(_tokens(session_start(user=user, scopes=scopes)))


class RefreshTokenView(OpenView):
    """Exchanges a refresh token for a new pair; the old one is worthless then."""

    def post(self, request: Request) -> Response:
        """200 with the tokens; raises a 401 for a token that is good for nothing."""
        given = _validated(RefreshInput, request)
        try:
            with _scopes_refused():
                pair = session_refresh(token=given["refresh"], scopes=given["scope"])
            return Response(_tokens(pair))
        except SessionEnded as error:
            raise InvalidToken("The session of this token has ended; log in again.") from error
        except NoActiveAccount as error:
            raise AuthenticationFailed(
                "No active account found for the given token.", code="no_active_account"
            ) from error


class LogoutView(OpenView):
    """Ends the session that the refresh token belongs to."""

    def post(self, request: Request) -> Response:
        """204; raises a 401 if the session has ended before."""
        try:
            session_end(token=_refresh_token(request))
        except SessionEnded as error:
            raise InvalidToken("The session of this token has ended.") from error
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutEverywhereView(StrictCallMixin, APIView):
    """Ends every session of the caller, in the API and in the admin. Takes an access token."""

    parser_classes = (CredentialsParser,)
    required_scopes = {"post": ANY_TOKEN}

    def post(self, request: Request) -> Response:
        """204."""
        _validated(NoInput, request)
        user: Any = request.user
        user_log_out_everywhere(user=user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class JwksView(StrictCallMixin, APIView):
    """The public keys of our tokens, for whoever verifies them; none where secrets sign."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        """200 with a key set (RFC 7517)."""
        headers = {"Cache-Control": f"public, max-age={JWKS_SECONDS}"}
        return Response(jwks(settings.JWT_SIGNING_KEYS), headers=headers)


@contextmanager
def _throttled() -> Iterator[None]:
    """Too many attempts are a 429 with `Retry-After`."""
    try:
        yield
    except TooManyAttempts as error:
        raise Throttled(wait=error.wait_seconds) from error


@contextmanager
def _scopes_refused() -> Iterator[None]:
    """A scope that may not be had is a 400 that says which may."""
    try:
        yield
    except ScopeNotOpen as error:
        sentence = f"{error.refused} cannot be had here; open are: {error.open_scopes}."
        raise ValidationError({"scope": [ErrorDetail(sentence, code="scope_not_open")]}) from error


def _validated(form: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    given = form(data=request.data)
    given.is_valid(raise_exception=True)
    fields: dict[str, Any] = given.validated_data
    return fields


def _refresh_token(request: Request) -> RefreshToken:
    token: RefreshToken = _validated(LogoutInput, request)["refresh"]
    return token


def _tokens(pair: TokenPair) -> Tokens:
    return {
        "access": str(pair.access),
        "refresh": str(pair.refresh),
        "scope": pair.access[SCOPE_CLAIM],
        "expires_in": pair.access["exp"] - pair.access["iat"],
        "refresh_expires_in": pair.refresh["exp"] - pair.refresh["iat"],
    }
