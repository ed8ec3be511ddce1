"""Effect keys as text. No two different things are written alike, and each form shows which it is.

| key | written as |
|---|---|
| of a job that is its own key | the job's id |
| that the type derives from the payload; it spans clients | `<type>:<key>` |
| of a client's `idempotency_key` | `:<type>:<idempotency key>:<client>` |

Type and client are escaped, so that neither has a colon: what lies between the colons that bound it
is one part, whatever it consists of. docs/decisions/0010 says why.
"""

from hashlib import sha256
from typing import Any
from uuid import UUID

from jobs.core.storable import is_storable

# In characters. A longer derived key is hashed, so that it and the type's name fit the column. So
# is one that PostgreSQL does not store.
DERIVED_KEY_MAX = 255
# The length of the columns `ProcessedKey.key` and `KeyWait.key`, in characters.
EFFECT_KEY_MAX = 400


def derived_effect_key(job_type: str, key: str) -> str:
    """The effect key of what a type derives from its payload."""
    if len(key) > DERIVED_KEY_MAX or not is_storable(key):
        key = f"sha256-{_digest(key)}"
    return f"{_escaped(job_type)}:{key}"


def client_effect_key(job_type: str, idempotency_key: str, client_id: Any) -> str:
    """The effect key of a client's `idempotency_key`; `client_id` is None for Django code."""
    client = "" if client_id is None else _escaped(str(client_id))
    key = f":{_escaped(job_type)}:{idempotency_key}:{client}"
    # Only one with a type or client of unusual length. It has one colon less than all others.
    return key if len(key) <= EFFECT_KEY_MAX else f":sha256:{_digest(key)}"


def former_client_effect_key(job_type: str, idempotency_key: str) -> str:
    """As a client's key was written before it named the client."""
    return f"{job_type}:{idempotency_key}"


def whole_effect_key(effect_key: str, job_id: UUID) -> str:
    """The key of a job's row: it is empty once a job that is its own key has succeeded."""
    return effect_key or str(job_id)


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A")


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
