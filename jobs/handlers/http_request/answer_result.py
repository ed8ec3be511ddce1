"""An answer as the result of its job: JSON that is never too large to be kept."""

import codecs
import json
import re
from base64 import b64encode
from typing import Any

from jobs.core.json_text import size_bytes
from jobs.core.secrets import MASK, Secrets
from jobs.handlers.http_request.connection import Answer

HEADERS_KEPT = 64
HEADER_KEPT_CHARACTERS = 1_024
EXCERPT_CHARACTERS = 500

_SECRET = frozenset({"set-cookie", "set-cookie2", "www-authenticate", "authorization"})
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\xff]")


def answer_result(answer: Answer, max_bytes: int, secrets: Secrets) -> dict[str, Any]:
    """Status, headers and body of the answer; the body is cut until all fits into `max_bytes`.

    A body in UTF-8 is `body`; any other, or one that is compressed, is `body_base64`. `secrets` of
    the call are masked by whoever shows the result, and here where base64 would hide them; none of
    them is cut in two.
    """
    body, is_truncated = answer.body, answer.is_truncated
    while True:
        result = {
            "status": answer.status,
            "headers": _headers(answer, secrets),
            **_body(answer, body, secrets),
            "is_truncated": is_truncated,
        }
        size = size_bytes(json.dumps(result, ensure_ascii=False))
        if size <= max_bytes or not body:
            return result
        # Escapes make JSON up to six times as long as the bytes: each turn takes off a share.
        body, is_truncated = body[: len(body) * min(max_bytes, size - 1) // size * 15 // 16], True


def excerpt(answer: Answer, secrets: Secrets) -> str:
    """The beginning of the body for a message, on one line and masked; empty if it is no text."""
    first = answer.body[: 4 * EXCERPT_CHARACTERS]
    text = secrets.without(_body(answer, first, secrets).get("body", ""))
    return " ".join(secrets.cut(text, EXCERPT_CHARACTERS).split())


def _headers(answer: Answer, secrets: Secrets) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in answer.headers[:HEADERS_KEPT]:
        lowered = _printable(name.lower())
        if lowered in _SECRET:
            kept[lowered] = MASK
        else:
            before = f"{kept[lowered]}, " if lowered in kept else ""
            kept[lowered] = secrets.cut(before + _printable(value), HEADER_KEPT_CHARACTERS)
    return kept


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("?", text)


def _body(answer: Answer, body: bytes, secrets: Secrets) -> dict[str, str]:
    # A character that is cut off at the end is left out.
    is_whole = not answer.is_truncated and len(body) == len(answer.body)
    encoding = answer.header("content-encoding") or "identity"
    if encoding.strip().lower() == "identity" and b"\0" not in body:
        try:
            text = codecs.getincrementaldecoder("utf-8")().decode(body, final=is_whole)
            return {"body": text if is_whole else secrets.without_begun(text)}
        except UnicodeDecodeError:
            pass
    return {"body_base64": b64encode(_masked(body, is_whole, secrets)).decode()}


def _masked(body: bytes, is_whole: bool, secrets: Secrets) -> bytes:
    text = body.decode("latin-1")  # a character for each byte
    return secrets.without(text if is_whole else secrets.without_begun(text)).encode("latin-1")
