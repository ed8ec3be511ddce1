"""What sign-up and the token calls accept."""

from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from accounts.api.strict_input import EmailField, StrictInput, TextField
from accounts.models import NAME_TAKEN, User
from accounts.scopes import SCOPES, SCOPES_PATTERN
from accounts.services.users import user_sign_up
from accounts.tokens import RefreshToken

# Letters, digits and @.+-_ of any language, and spaces at the ends, which are dropped.
NAME_PATTERN = r"^\s*[\w.@+-]+\s*$"


# Characters, as Django's MinimumLengthValidator has it.
PASSWORD_MIN = 8


class NewNameField(TextField):
    """A name in the form in which it is kept. Normalised first, as that may make it longer."""

    json_schema = {"type": "string", "minLength": 1, "maxLength": 150, "pattern": NAME_PATTERN}

    def to_internal_value(self, data: Any) -> str:
        """The name."""
        return User.normalize_username(super().to_internal_value(data))


class NewPasswordField(TextField):
    """A password that is long enough; what else Django's validators ask for, they say in words."""

    json_schema = {"type": "string", "minLength": PASSWORD_MIN}


class SignUpInput(StrictInput[User]):
    """A name, a password and perhaps an e-mail address."""

    username = NewNameField(max_length=150, validators=[UnicodeUsernameValidator()])
    password = NewPasswordField(trim_whitespace=False, write_only=True)
    email = EmailField(max_length=254, required=False, default="")

    def create(self, validated_data: dict[str, Any]) -> User:
        """The new user; what Django's password validators and the unique index say is a 400."""
        try:
            return user_sign_up(**validated_data)
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": _details(error)}) from error
        except IntegrityError as error:
            taken = ErrorDetail(NAME_TAKEN, code="unique")
            raise serializers.ValidationError({"username": [taken]}) from error


class ScopeField(TextField):
    """Names of scopes that spaces divide (RFC 6749, section 3.3); a tuple of them, each once."""

    json_schema = {"type": "string", "minLength": 1, "pattern": SCOPES_PATTERN}

    def to_internal_value(self, data: Any) -> Any:
        """The names; raises ValidationError for one that is none."""
        names = dict.fromkeys(super().to_internal_value(data).split())
        if unknown := [name for name in names if name not in SCOPES]:
            raise serializers.ValidationError(
                f"Unknown scope {unknown[0][:100]!r}; known are: {' '.join(SCOPES)}.",
                code="unknown_scope",
            )
        return tuple(names)


class LoginInput(StrictInput[User]):
    """A name and a password. Spaces are treated as at sign-up: trimmed from the name alone."""

    username = TextField(write_only=True)
    password = TextField(trim_whitespace=False, write_only=True)
    scope = ScopeField(required=False, allow_null=True, default=None)


class LogoutInput(StrictInput[RefreshToken]):
    """A refresh token that this service signed, and that has not expired."""

    refresh = TextField(write_only=True)

    def validate_refresh(self, value: str) -> RefreshToken:
        """The token; raises InvalidToken, a 401, instead of a 400."""
        try:
            return RefreshToken(value)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error


class RefreshInput(LogoutInput):
    """The same, and perhaps fewer scopes."""

    scope = ScopeField(required=False, allow_null=True, default=None)


class NoInput(StrictInput[None]):
    """For a call whose token says everything."""


def _details(error: DjangoValidationError) -> list[ErrorDetail]:
    return [
        ErrorDetail(" ".join(one.messages), code=one.code or "invalid") for one in error.error_list
    ]
