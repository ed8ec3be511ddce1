"""A key set of an issuer (JWKS): the public keys in it that signatures are checked with."""

import json
from collections.abc import Mapping
from typing import Any

import jwt

# Of public keys alone: with a shared secret every holder could sign.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"})


def parsed_jwks(content: bytes) -> dict[str, jwt.PyJWK]:
    """The keys for signatures by their ids; raises ValueError for what is no key set.

    Keys of kinds that are not taken are left out.
    """
    try:
        members = json.loads(content)["keys"]
        found = [one for one in members if isinstance(one, Mapping)]
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError("no key set") from error
    return {key.key_id or "": key for one in found if (key := _key(one)) is not None}


def _key(members: Mapping[str, Any]) -> jwt.PyJWK | None:
    if members.get("use", "sig") != "sig" or not isinstance(members.get("kid") or "", str):
        return None
    try:
        key = jwt.PyJWK.from_dict(dict(members))
    except (jwt.PyJWTError, ValueError, TypeError, LookupError):
        return None
    return key if key.algorithm_name in ALGORITHMS else None
