"""Signatures of calls, as Standard Webhooks has them."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

# Tells people, and programs that search for leaked secrets, what it is.
_PREFIX = "whsec_"


def derived_secret(secret_key: str, name: str) -> bytes:
    """The secret of that name: 32 bytes that nobody can tell without the key."""
    return _hmac(secret_key.encode(), f"jobs.signing_secret:{name}")


def key_mark(secret_key: str) -> str:
    """Tells one key from another, and nothing else of it."""
    return _hmac(secret_key.encode(), "jobs.signing_secret.key").hex()[:16]


def secret_text(secret: bytes) -> str:
    """The secret as its holder gets it: `whsec_` and base64."""
    return _PREFIX + b64encode(secret).decode()


def webhook_id(effect_key: str) -> str:
    """The effect key as a header can carry it: other characters than visible ASCII are encoded."""
    return quote(effect_key, safe="!$&'()*+,/:;=?@[]~-_.")


def signature_headers(
    *, secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The headers that say who has sent the body, and when; a signature for each secret.

    `timestamp`: seconds since 1970, UTC.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [f"v1,{b64encode(_hmac(secret, signed)).decode()}" for secret in secrets]
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": " ".join(signatures),
    }


def _hmac(key: bytes, message: str | bytes) -> bytes:
    data = message.encode() if isinstance(message, str) else message
    return hmac.new(key, data, hashlib.sha256).digest()
