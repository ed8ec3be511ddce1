"""Values as JSON text that PostgreSQL takes."""

import json
import re
from typing import Any

# A NUL character as JSON writes it, but not the same letters behind an escaped backslash.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_PLAIN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def json_text(value: Any, encoder: json.JSONEncoder = _PLAIN) -> str:
    """The value as JSON. `encoder` must refuse NaN and infinity.

    Raises ValueError where there is no JSON for it, or PostgreSQL would not store it: NaN, half a
    surrogate pair, a NUL character; what `encoder` does not know is a TypeError.
    """
    text = encoder.encode(value)
    if not text.isascii():
        text.encode()  # half a surrogate pair
    if "\\u0000" in text and _NUL.search(text):
        raise ValueError("PostgreSQL stores no NUL character")
    return text


def size_bytes(text: str) -> int:
    """The length in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
