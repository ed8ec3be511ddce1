"""Which request a job goes back to, and which trace (W3C Trace Context)."""

import re
from contextvars import ContextVar
from hashlib import blake2b

from jobs.core.request_id import current_request_id

current_traceparent: ContextVar[str] = ContextVar("current_traceparent", default="")
"""What the caller sent, empty where it sent none; within a handler: what its job was sent with."""

# Version 00; neither id is all zeros. A later version may have more at its end, which is not kept.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII
)
_HEX_ID = re.compile(r"(?!0{16})[0-9a-f]{32}", re.ASCII)
LENGTH = 55


def accepted_traceparent(sent: str) -> str:
    """The header if it is well-formed, else an empty text."""
    if _TRACEPARENT.fullmatch(sent[:LENGTH]) is None:
        return ""
    if len(sent) > LENGTH and (sent.startswith("00") or sent[LENGTH] != "-"):
        return ""
    return sent[:LENGTH]


def traceparent_of(request_id: str, traceparent: str = "") -> str:
    """The traceparent of a request: as it was sent, or else made of the request's id.

    So the one that is made need not be stored. Its trace has the id of the request itself where
    that has the form. Empty for no request.
    """
    if traceparent or not request_id:
        return traceparent
    text = request_id
    if not _HEX_ID.fullmatch(text):
        text = blake2b(request_id.encode(), digest_size=16).hexdigest()
    return f"00-{text}-{text[:16]}-00"


def trace_id_of(request_id: str, traceparent: str = "") -> str:
    """The id of the trace; empty for no request."""
    return traceparent_of(request_id, traceparent)[3:35]


def continue_request(request_id: str | None, traceparent: str | None) -> None:
    """What this context logs, enqueues and records from now on goes back to that request."""
    if request_id:
        current_request_id.set(request_id)
    if traceparent:
        current_traceparent.set(traceparent)
