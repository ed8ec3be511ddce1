"""What sign-up and the token calls accept."""

from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from accounts.models import User
from accounts.services.users import user_sign_up
from accounts.tokens import RefreshToken


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


class LoginInput(serializers.Serializer[User]):
    """A name and a password."""

    username = serializers.CharField(write_only=True)
    password = serializers.CharField(trim_whitespace=False, write_only=True)


class RefreshInput(serializers.Serializer[RefreshToken]):
    """A refresh token that this service signed, and that has not expired."""

    refresh = serializers.CharField(write_only=True)

    def validate_refresh(self, value: str) -> RefreshToken:
        """The token; raises InvalidToken, a 401, instead of a 400."""
        try:
            return RefreshToken(value)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error


def _details(error: DjangoValidationError) -> list[ErrorDetail]:
    return [
        ErrorDetail(" ".join(one.messages), code=one.code or "invalid") for one in error.error_list
    ]
