"""A key set of an issuer (JWKS): the public keys in it that signatures are checked with."""

import json
from collections.abc import Mapping
from typing import Any

import jwt

# Of public keys alone: with a shared secret every holder could sign.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"})


def parsed_jwks(content: bytes) -> list[jwt.PyJWK]:
    """The keys for signatures; raises ValueError for what is no key set.

    Keys of kinds that are not taken are left out. A key need have no id, and two may have the same.
    """
    try:
        members = json.loads(content)["keys"]
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError("no key set") from error
    if not isinstance(members, list):
        raise ValueError("no key set")
    found = [_key(one) for one in members if isinstance(one, Mapping)]
    return [key for key in found if key is not None]


def _key(members: Mapping[str, Any]) -> jwt.PyJWK | None:
    if members.get("use", "sig") != "sig" or not isinstance(members.get("kid") or "", str):
        return None
    try:
        key = jwt.PyJWK.from_dict(dict(members))
    except (jwt.PyJWTError, ValueError, TypeError, LookupError):
        return None
    return key if key.algorithm_name in ALGORITHMS else None
