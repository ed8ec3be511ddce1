"""What sign-up and the token calls accept."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, ErrorDetail
from rest_framework_simplejwt.serializers import TokenRefreshSerializer
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import User
from accounts.services import user_sign_up


class SignUpInput(serializers.Serializer[User]):
    """A name, a password and perhaps an e-mail address."""

    username = serializers.CharField(max_length=150, validators=[UnicodeUsernameValidator()])
    password = serializers.CharField(trim_whitespace=False, write_only=True)
    email = serializers.EmailField(max_length=254, required=False, default="")

    def create(self, validated_data: dict[str, Any]) -> User:
        """The new user; what Django's password validators and the unique index say is a 400."""
        try:
            return user_sign_up(**validated_data)
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": _details(error)}) from error
        except IntegrityError as error:
            taken = ErrorDetail("A user with that username already exists.", code="unique")
            raise serializers.ValidationError({"username": [taken]}) from error


class RefreshInput(TokenRefreshSerializer):
    """A refresh token is good for one exchange, also when two calls bring it at once."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """The new pair; raises `TokenError`, or `AuthenticationFailed` if the user is gone."""
        token = self.token_class(attrs["refresh"])
        with transaction.atomic():
            # The second of two calls waits here and then finds the token blacklisted.
            OutstandingToken.objects.select_for_update().filter(jti=token["jti"]).first()
            try:
                return super().validate(attrs)
            except get_user_model().DoesNotExist:
                raise AuthenticationFailed(
                    self.error_messages["no_active_account"], "no_active_account"
                ) from None


def _details(error: DjangoValidationError) -> list[ErrorDetail]:
    return [
        ErrorDetail(" ".join(one.messages), code=one.code or "invalid") for one in error.error_list
    ]
