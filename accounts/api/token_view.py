"""`POST /token`: client credentials against an access token (RFC 6749, section 4.4)."""

import base64
import binascii
from typing import Any, NamedTuple, TypedDict
from urllib.parse import unquote_plus

from rest_framework import status
from rest_framework.exceptions import APIException, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.form_parser import CredentialsFormParser
from accounts.api.strict_input import StrictCallMixin
from accounts.client_address import client_address
from accounts.scopes import SCOPES
from accounts.services.attempts import TooManyAttempts
from accounts.services.service_accounts import InvalidClient, service_token
from accounts.services.sessions import ScopeNotOpen
from accounts.tokens import SCOPE_CLAIM

GRANT_TYPE = "client_credentials"
CHALLENGE = 'Basic realm="api"'


class ServiceToken(TypedDict):
    """The token, and what it is good for (RFC 6749, section 5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class TokenRefused(APIException):
    """400 or 401 in the form of RFC 6749, section 5.2: `error` is one of its words."""

    status_code: int = status.HTTP_400_BAD_REQUEST

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description, code=error)
        self.error = error


class ClientRefused(TokenRefused):
    """401: which of the reasons it is, is not said."""

    status_code = status.HTTP_401_UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("invalid_client", "No such client, or its secret is not this one.")


class Credentials(NamedTuple):
    """Who calls."""

    client_id: str
    secret: str


class TokenView(StrictCallMixin, APIView):
    """Gives service accounts their access tokens."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (CredentialsFormParser,)

    def post(self, request: Request) -> Response:
        """200 with a token; raises TokenRefused, and a 429 for too many failures."""
        form: Any = request.data
        credentials = _credentials(request, form)
        if "grant_type" not in form:
            raise TokenRefused("invalid_request", f"Send grant_type={GRANT_TYPE}.")
        if form["grant_type"] != GRANT_TYPE:
            raise TokenRefused("unsupported_grant_type", f"Send grant_type={GRANT_TYPE}.")
        try:
            token = service_token(
                client_id=credentials.client_id,
                secret=credentials.secret,
                scopes=_scopes(form),
                address=client_address(request._request),
            )
        except InvalidClient as error:
            raise ClientRefused from error
        except ScopeNotOpen as error:
            sentence = f"{error.refused} cannot be had; open are: {error.open_scopes}."
            raise TokenRefused("invalid_scope", sentence) from error
        except TooManyAttempts as error:
            raise Throttled(wait=error.wait_seconds) from error
        body: ServiceToken = {
            "access_token": str(token),
            "token_type": "Bearer",
            "expires_in": token["exp"] - token["iat"],
            "scope": token[SCOPE_CLAIM],
        }
        return Response(body, headers={"Pragma": "no-cache"})

    def handle_exception(self, exc: Exception) -> Any:
        """As the RFC has it; other errors become problems."""
        if not isinstance(exc, TokenRefused):
            return super().handle_exception(exc)
        body = {"error": exc.error, "error_description": str(exc.detail)}
        headers = {"WWW-Authenticate": CHALLENGE} if exc.status_code == 401 else None
        return Response(body, status=exc.status_code, headers=headers)


def _credentials(request: Request, form: dict[str, str]) -> Credentials:
    header = str(request.META.get("HTTP_AUTHORIZATION", ""))
    in_form = Credentials(form.get("client_id", ""), form.get("client_secret", ""))
    if not header:
        if not in_form.client_id or not in_form.secret:
            raise ClientRefused
        return in_form
    if in_form.secret:
        raise TokenRefused("invalid_request", "Send the secret once: in the header or the body.")
    found = _basic(header)
    if in_form.client_id and in_form.client_id != found.client_id:
        raise TokenRefused("invalid_request", "The header and the body name two clients.")
    return found


def _basic(header: str) -> Credentials:
    """Both parts are form-encoded before they are joined (RFC 6749, section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise ClientRefused from None
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon or not client_id or not secret:
        raise ClientRefused
    return Credentials(unquote_plus(client_id), unquote_plus(secret))


def _scopes(form: dict[str, str]) -> list[str] | None:
    names = form.get("scope", "").split()
    if unknown := [name for name in names if name not in SCOPES]:
        raise TokenRefused(
            "invalid_scope", f"Unknown scope {unknown[0][:100]!a}; known are: {' '.join(SCOPES)}."
        )
    return names or None
