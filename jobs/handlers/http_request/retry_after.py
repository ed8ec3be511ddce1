"""The header `Retry-After` (RFC 9110, 10.2.3): seconds, or a date."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# An answer must not put a job off for longer than this.
RETRY_AFTER_MAX_SECONDS = 3_600.0
# Nor have its retries used up within a moment.
RETRY_AFTER_MIN_SECONDS = 1.0

_SECONDS = re.compile(r"[0-9]{1,10}")


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """After how many seconds the answer wants the next call, 1 to 3600; None if it says nothing."""
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    return min(max(seconds, RETRY_AFTER_MIN_SECONDS), RETRY_AFTER_MAX_SECONDS)
