"""Keys that tests make, in PEM."""

from pathlib import Path
from typing import Any

import pytest


def private_key(kind: str) -> Any:
    """A new one: `RS256`, `EdDSA`, `ES256`, or `RS1024` for one that is too short."""
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match kind:
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case _:
            bits = 1024 if kind == "RS1024" else 2048
            return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: Any) -> bytes:
    """A private or public key as files have it."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    if hasattr(key, "private_bytes"):
        made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return made
    public: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public


def key_file(folder: Path, key: Any, name: str = "key.pem") -> str:
    """The path of a file with the key."""
    path = folder / name
    path.write_bytes(pem(key))
    return str(path)
