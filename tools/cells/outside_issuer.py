"""An issuer of tokens that both cells accept."""

import json
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

_ISSUER = "https://login.example.com"
_AUDIENCE = "jobs"
_KEY_ID = "1"
_SECONDS = 3_600


class OutsideIssuer:
    """`settings`: the variables with which a cell accepts its tokens."""

    def __init__(self, keys: Path) -> None:
        """Writes its public key to that file."""
        self._key = Ed25519PrivateKey.generate()
        public = OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        keys.write_text(json.dumps({"keys": [{**public, "kid": _KEY_ID, "alg": "EdDSA"}]}))
        self.settings = {
            "OIDC_ISSUER": _ISSUER,
            "OIDC_AUDIENCE": _AUDIENCE,
            "OIDC_JWKS": str(keys),
            "OIDC_CREATE_USERS": "true",
        }

    def token(self, subject: str, **claims: str) -> str:
        """A token for that user, with these claims beside those that all have."""
        now = int(time.time())
        said = {"iss": _ISSUER, "aud": _AUDIENCE, "iat": now, "exp": now + _SECONDS, "sub": subject}
        return jwt.encode({**said, **claims}, self._key, "EdDSA", {"kid": _KEY_ID})
