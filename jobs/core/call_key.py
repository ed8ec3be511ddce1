"""The HTTP header `Idempotency-Key`: the name that a client gives to one call."""

import re

from jobs.core.errors import JobsError

CALL_KEY_MAX = 255

# A structured-field string (RFC 8941, 3.3.3): printable ASCII, with `\"` and `\\` for the two.
_QUOTED_CHARACTER = r'(?:[ !#-\[\]-~]|\\["\\])'
_QUOTED = re.compile(f'"{_QUOTED_CHARACTER}*"')
# What is often sent instead. A comma would be two headers that were joined, a semicolon parameters.
_BARE_CHARACTER = r"[!#-+\--:<-\[\]-~]"
_BARE = re.compile(f"{_BARE_CHARACTER}+")
# Both, for descriptions.
CALL_KEY_PATTERN = (
    f'^(?:"{_QUOTED_CHARACTER}{{1,{CALL_KEY_MAX}}}"|{_BARE_CHARACTER}{{1,{CALL_KEY_MAX}}})$'
)


class CallInProgress(JobsError):
    """Another call with the same header `Idempotency-Key` is at work."""


class CallKeyReused(JobsError):
    """The header `Idempotency-Key` was sent before, with another call."""


def call_key(header: str) -> str:
    """The key in a header, quoted or bare: `"a"` and `a` are the same one.

    Raises ValueError, with a sentence that says what to send.
    """
    text = header.strip(" \t")
    if _QUOTED.fullmatch(text):
        key = re.sub(r'\\(["\\])', r"\1", text[1:-1])
    elif _BARE.fullmatch(text):
        key = text
    else:
        raise ValueError(_HINT)
    if not 1 <= len(key) <= CALL_KEY_MAX:
        raise ValueError(_HINT)
    return key


_HINT = (
    f"Give one Idempotency-Key of 1 to {CALL_KEY_MAX} characters of printable ASCII, such as "
    '"8e03978e-40d5-43dd-bc93-6894a57f9324", and another one for each new call.'
)
