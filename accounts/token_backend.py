"""How tokens are signed and verified: by the key that they name, and by its algorithm alone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken

from accounts.signing_keys import SECRET_KEY_ID, SigningKey

# By so much the clocks of two servers may differ: a token that one has just made is good at the
# other at once. Its end is no later for that, see `get_leeway`.
CLOCKS_SECONDS = 30

# What libraries raise for headers and encodings that nobody expects, beside their own error.
SURPRISES = (ArithmeticError, LookupError, OSError, RecursionError, TypeError, ValueError)


class SigningKeysBackend:
    """Signs with the first of `settings.JWT_SIGNING_KEYS`; verifies with any of them.

    The algorithm is that of the key; what the token says of it must be the same. `iss` and `aud`
    are asked of every token that names its key. One that names none was made before keys had ids,
    or by the library's own classes: it is believed as long as SECRET_KEY is among the keys.
    """

    def encode(self, payload: dict[str, Any]) -> str:
        """The signed token."""
        key = _keys()[0]
        claims = {**payload, "iss": settings.JWT_ISSUER, "aud": settings.JWT_AUDIENCE}
        return jwt.encode(claims, key.private, key.algorithm, headers={"kid": key.id})

    def decode(self, token: str | bytes, verify: bool = True) -> dict[str, Any]:
        """The claims; raises TokenBackendError, or TokenBackendExpiredToken."""
        try:
            return _decode(token) if verify else _decode_unverified(token)
        except jwt.ExpiredSignatureError as error:
            raise TokenBackendExpiredToken("Token is expired") from error
        except (jwt.PyJWTError, *SURPRISES) as error:
            raise TokenBackendError("Token is invalid") from error

    def get_leeway(self) -> timedelta:
        """How long a token is good after its end: not at all."""
        return timedelta()


def jwks(keys: Sequence[SigningKey]) -> dict[str, list[dict[str, Any]]]:
    """What others need to verify our tokens (RFC 7517): public keys, and no shared secret."""
    return {"keys": [_public_jwk(key) for key in keys if not key.is_shared]}


def _public_jwk(key: SigningKey) -> dict[str, Any]:
    algorithm: Any = jwt.get_algorithm_by_name(key.algorithm)
    members: dict[str, Any] = algorithm.to_jwk(key.public, as_dict=True)
    members.pop("key_ops", None)
    return {**members, "kid": key.id, "use": "sig", "alg": key.algorithm}


def _decode(token: str | bytes) -> dict[str, Any]:
    key_id = jwt.get_unverified_header(token).get("kid")
    is_named = key_id is not None
    wanted = key_id if is_named else SECRET_KEY_ID
    key = next((one for one in _keys() if one.id == wanted), None)
    if key is None:
        raise jwt.InvalidKeyError("no key with this id")
    claims: dict[str, Any] = jwt.decode(
        token,
        key.public,
        algorithms=[key.algorithm],
        audience=settings.JWT_AUDIENCE if is_named else None,
        issuer=settings.JWT_ISSUER if is_named else None,
        leeway=CLOCKS_SECONDS,
        options={
            "require": ["exp", "iat", "jti", *(("iss", "aud") if is_named else ())],
            "verify_aud": is_named,
        },
    )
    return claims


def _decode_unverified(token: str | bytes) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _keys() -> Sequence[SigningKey]:
    keys: Sequence[SigningKey] = settings.JWT_SIGNING_KEYS
    return keys
