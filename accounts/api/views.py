"""Sign-up, login and what happens to tokens afterwards."""

from typing import TypedDict

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.views import (
    TokenBlacklistView,
    TokenObtainPairView,
    TokenRefreshView,
)

from accounts.api.parser import CredentialsParser
from accounts.api.serializers import RefreshInput, SignUpInput


class SignedUp(TypedDict):
    """A new account and its first pair of tokens."""

    id: int
    username: str
    refresh: str
    access: str


class SignUpView(APIView):
    """Makes a user and logs it in, if the server runs with `SIGNUP_ENABLED`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (CredentialsParser,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """201 with the account and its tokens; raises `PermissionDenied` if sign-up is off."""
        if not settings.SIGNUP_ENABLED:
            raise PermissionDenied(
                "Sign-up is switched off on this server; ask its administrator for an account.",
                code="signup_disabled",
            )
        new = SignUpInput(data=request.data)
        new.is_valid(raise_exception=True)
        user = new.save()
        refresh = RefreshToken.for_user(user)
        body: SignedUp = {
            "id": user.pk,
            "username": user.get_username(),
            "refresh": str(refresh),
            "access": str(refresh.access_token),
        }
        return Response(body, status=status.HTTP_201_CREATED)


class LoginView(TokenObtainPairView):
    """Exchanges a name and a password for a pair of tokens."""

    parser_classes = (CredentialsParser,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "login"


class RefreshTokenView(TokenRefreshView):
    """Exchanges a refresh token for a new pair; the old one is blacklisted."""

    parser_classes = (CredentialsParser,)
    serializer_class = RefreshInput


class LogoutView(TokenBlacklistView):
    """Blacklists the refresh token. An access token expires by itself."""

    parser_classes = (CredentialsParser,)

    def post(self, request: Request, *args: object, **kwargs: object) -> Response:
        """204 once the token is blacklisted."""
        super().post(request)
        return Response(status=status.HTTP_204_NO_CONTENT)
