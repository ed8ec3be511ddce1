"""Tokens of the outside issuer: which are believed, and whose account they stand for."""

import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.outside_issuer import OutsideIssuer
from accounts.outside_keys import OutsideKeys
from accounts.scopes import SCOPES
from accounts.token_backend import SURPRISES

# Clocks of two machines differ.
LEEWAY_SECONDS = 30

_LAST_SECOND = 253_402_300_799  # of the year 9999
_USERNAME = re.compile(r"[^\x00-\x1f\x7f]{1,150}")


class OutsideTokenInvalid(Exception):
    """The token of the outside issuer is not to be believed."""


class UnknownAccount(Exception):
    """The token is good, and there is no account of its name here."""


@dataclass(frozen=True)
class OutsideToken:
    """A token that the outside issuer signed for us, by its claims."""

    claims: Mapping[str, Any]
    username: str

    session_id = None

    def __getitem__(self, claim: str) -> Any:
        return self.claims[claim]

    @property
    def issued_at(self) -> datetime:
        """When the issuer made it."""
        return datetime.fromtimestamp(self.claims["iat"], UTC)

    @property
    def scopes(self) -> frozenset[str] | None:
        """Our scopes that it names; None if it names none, as its issuer need not know of them."""
        text = self.claims.get("scope", self.claims.get("scp", ""))
        words = text.split() if isinstance(text, str) else text
        if not isinstance(words, list):
            return None
        named = frozenset(one for one in words if isinstance(one, str) and one in SCOPES)
        return named or None


def is_of_outside_issuer(raw_token: bytes) -> bool:
    """Whether the token says so of itself; nothing is believed of it yet."""
    issuer: OutsideIssuer | None = settings.OIDC
    if issuer is None:
        return False
    try:
        claims = jwt.decode(raw_token, options={"verify_signature": False})
    except (jwt.PyJWTError, *SURPRISES):
        return False
    return bool(claims.get("iss") == issuer.issuer)


def read_outside_token(raw_token: bytes) -> OutsideToken:
    """The token, verified. Raises OutsideTokenInvalid, and KeysUnavailable."""
    issuer = _issuer()
    try:
        claims = _verified(raw_token, issuer)
    except (jwt.PyJWTError, *SURPRISES) as error:
        raise OutsideTokenInvalid("Token is invalid") from error
    username = claims.get(issuer.username_claim)
    if not isinstance(username, str) or not _USERNAME.fullmatch(username):
        raise OutsideTokenInvalid(
            f"The token has no {issuer.username_claim} that names an account."
        )
    if not _is_second(claims["exp"]) or not _is_second(claims["iat"]):
        raise OutsideTokenInvalid("Token is invalid")
    return OutsideToken(claims, username)


def _verified(raw_token: bytes, issuer: OutsideIssuer) -> dict[str, Any]:
    """What the token claims, if one of the issuer's keys has signed it: that which it names.

    One that names none may be of any. Raises PyJWT's errors, OutsideTokenInvalid, KeysUnavailable.
    """
    header = jwt.get_unverified_header(raw_token)
    keys = _keys_of(issuer).find(header.get("kid"))
    if not keys:
        raise OutsideTokenInvalid("The issuer has no such key.")
    for key in keys:
        with suppress(jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
            return _claims(raw_token, issuer, key)
    raise jwt.InvalidSignatureError


def _claims(raw_token: bytes, issuer: OutsideIssuer, key: jwt.PyJWK) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        raw_token,
        key.key,
        algorithms=[key.algorithm_name],
        audience=issuer.audience,
        issuer=issuer.issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "iat", "iss", "aud"]},
    )
    return claims


def _is_second(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LAST_SECOND


def user_of_outside_token(token: OutsideToken) -> User:
    """Its account, which is made if the settings say so. Raises UnknownAccount."""
    name = User.normalize_username(token.username)
    user = User.objects.select_related("service_account").filter(username=name).first()
    if user is not None and user.is_service:
        raise UnknownAccount  # it has credentials of its own
    if user is None and _issuer().may_create:
        user = _made(name)
    if user is None:
        raise UnknownAccount
    return user


def _made(name: str) -> User | None:
    """A new account without a password; None if the name looks like another's, or is none."""
    try:
        User._meta.get_field("username").run_validators(name)
        with transaction.atomic():
            return User.objects.create_user(name)
    except ValidationError:
        return None
    except IntegrityError:  # another call was first, or the name looks like another's
        return User.objects.filter(username=name).first()


def _issuer() -> OutsideIssuer:
    """To be called only where one is configured."""
    issuer: OutsideIssuer | None = settings.OIDC
    if issuer is None:
        raise LookupError("OIDC_ISSUER is not set")
    return issuer


_held: list[OutsideKeys] = []
_holding = threading.Lock()


def _keys_of(issuer: OutsideIssuer) -> OutsideKeys:
    """The keys that this process has fetched before, unless the settings are others now."""
    with _holding:
        if not _held or _held[0].issuer != issuer:
            _held[:] = [OutsideKeys(issuer)]
        return _held[0]
