"""The keys that sign tokens: one signs, others are still believed, so that keys can be rotated.

JWT_SIGNING_KEYS names them, divided by commas: `<id>:<algorithm>:<secret or path>`, the one that
signs first. The word SECRET_KEY stands for Django's, with HS256. No error here shows a part of one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Algorithm = Literal["HS256", "RS256", "EdDSA"]
ALGORITHMS: tuple[Algorithm, ...] = ("HS256", "RS256", "EdDSA")

# The member that stands for Django's SECRET_KEY, and the id of that key.
SECRET_KEY_MEMBER = "SECRET_KEY"  # noqa: S105 - its name
SECRET_KEY_ID = "secret-key"  # noqa: S105 - its id

# Of HS256, in characters: as long as its hash (RFC 7518, section 3.2).
SECRET_MIN = 32
RSA_MIN_BITS = 2_048

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_FORM = "<id>:<algorithm>:<secret or path>, divided by commas"


class KeysRefused(ValueError):
    """The keys cannot be used; the message is a sentence that shows no part of them."""


@dataclass(frozen=True)
class SigningKey:
    """A key for one algorithm. `private`: None if it can only verify."""

    id: str
    algorithm: str
    private: Any = field(repr=False)
    public: Any = field(repr=False)

    @property
    def is_shared(self) -> bool:
        """Whether who verifies with it could sign, so that it is never published."""
        return self.algorithm == "HS256"


def secret_key(secret: str) -> SigningKey:
    """The key that Django's SECRET_KEY is."""
    return SigningKey(SECRET_KEY_ID, "HS256", secret.encode(), secret.encode())


def read_signing_keys(members: Sequence[str], django_secret: str) -> list[SigningKey]:
    """The keys that the members name, the one that signs first; raises KeysRefused.

    `members`: of JWT_SIGNING_KEYS; none of them means SECRET_KEY alone.
    """
    keys = list(_keys(members or [SECRET_KEY_MEMBER], django_secret))
    ids = [key.id for key in keys]
    if repeated := next((one for one in ids if ids.count(one) > 1), None):
        raise KeysRefused(f"JWT_SIGNING_KEYS names the id {repeated!r} twice; give each its own.")
    if keys[0].private is None:
        raise KeysRefused(
            f"JWT_SIGNING_KEYS begins with the public key {keys[0].id!r}; the first one signs, so "
            "name a file with its private key."
        )
    return keys


def _keys(members: Sequence[str], django_secret: str) -> Iterator[SigningKey]:
    for number, member in enumerate(members, 1):
        if member == SECRET_KEY_MEMBER:
            yield secret_key(django_secret)
            continue
        key_id, _, rest = member.partition(":")
        algorithm, _, material = rest.partition(":")
        if not _ID.fullmatch(key_id) or not rest:
            raise KeysRefused(
                f"Member {number} of JWT_SIGNING_KEYS is malformed; write {_FORM}, with an id of "
                "letters, digits and ._-."
            )
        if algorithm not in ALGORITHMS:
            raise KeysRefused(
                f"Key {key_id!r} of JWT_SIGNING_KEYS has an unknown algorithm; use one of "
                f"{', '.join(ALGORITHMS)}."
            )
        yield _key(key_id, algorithm, material)


def _key(key_id: str, algorithm: str, material: str) -> SigningKey:
    text = _content(key_id, material) if material.startswith("/") else material
    if algorithm == "HS256":
        if len(text.strip()) < SECRET_MIN or "-----BEGIN" in text:
            raise KeysRefused(
                f"Key {key_id!r} of JWT_SIGNING_KEYS is no secret for HS256; use {SECRET_MIN} or "
                "more random characters."
            )
        secret = text.strip().encode()
        return SigningKey(key_id, algorithm, secret, secret)
    if not material.startswith("/"):
        raise KeysRefused(
            f"Key {key_id!r} of JWT_SIGNING_KEYS is for {algorithm}; give the absolute path of a "
            "file with it in PEM."
        )
    return _asymmetric(key_id, algorithm, text)


def _content(key_id: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise KeysRefused(
            f"The file of key {key_id!r} of JWT_SIGNING_KEYS cannot be read; give the absolute "
            "path of a text file that this process may read."
        ) from None


def _asymmetric(key_id: str, algorithm: str, pem: str) -> SigningKey:
    # Here, because a service that signs with secrets alone need not load it.
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_pem_public_key,
    )

    private: Any = None
    try:
        if "PRIVATE KEY-----" in pem:
            private = load_pem_private_key(pem.encode(), password=None)
            public: Any = private.public_key()
        else:
            public = load_pem_public_key(pem.encode())
    except Exception:  # noqa: BLE001 - what it raises for broken files is not one family
        raise KeysRefused(
            f"The file of key {key_id!r} of JWT_SIGNING_KEYS holds no key in PEM without a "
            "passphrase; make one with openssl genpkey."
        ) from None
    kind: Any = rsa.RSAPublicKey if algorithm == "RS256" else ed25519.Ed25519PublicKey
    if not isinstance(public, kind):
        raise KeysRefused(
            f"The file of key {key_id!r} of JWT_SIGNING_KEYS holds another kind of key than "
            f"{algorithm} takes; RS256 takes RSA, EdDSA takes Ed25519."
        )
    if algorithm == "RS256" and public.key_size < RSA_MIN_BITS:
        raise KeysRefused(
            f"Key {key_id!r} of JWT_SIGNING_KEYS has {public.key_size} bits; make one with "
            f"{RSA_MIN_BITS} or more."
        )
    return SigningKey(key_id, algorithm, private, public)
