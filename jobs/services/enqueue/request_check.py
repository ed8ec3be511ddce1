"""What a request asks for beside its payload is checked, also where code asks: it makes slips, too.

Clients of the API have had better answers before: `jobs/api/jobs/submission.py`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from jobs.core.conf import MAX_RETRIES_LIMIT, PRIORITY_MAX, PRIORITY_MIN
from jobs.core.limit import FAIRNESS_KEY_MAX
from jobs.core.number import is_number
from jobs.core.request_errors import RequestInvalid
from jobs.core.storable import is_storable
from jobs.services.enqueue.request import JobRequest

# Length of the column `Job.idempotency_key`, in characters.
IDEMPOTENCY_KEY_MAX = 255

# Most requests name a type, a payload and perhaps a queue: `request[FIRST_OPTION:] == NO_OPTIONS`.
FIRST_OPTION = JobRequest._fields.index("priority")
NO_OPTIONS = (None,) * len(JobRequest._fields[FIRST_OPTION:])
_KEY = JobRequest._fields.index("idempotency_key")
_URL = JobRequest._fields.index("callback_url")
_NONE_BEFORE = (None,) * (_KEY - FIRST_OPTION)
_NONE_BEHIND = (None,) * (_URL - _KEY - 1)


def check_request(request: JobRequest) -> None:
    """Raises RequestInvalid, which names every argument that makes no sense."""
    if request[FIRST_OPTION:_KEY] == _NONE_BEFORE and request[_KEY + 1 : _URL] == _NONE_BEHIND:
        key = request[_KEY]  # most requests with an option have this one
        if key is None or _is_text(key, IDEMPOTENCY_KEY_MAX):
            return
    errors: dict[str, list[str]] = {}
    for name, sentence in _faults(request):
        errors.setdefault(name, []).append(sentence)
    if errors:
        raise RequestInvalid(errors)


def _faults(request: JobRequest) -> Iterator[tuple[str, str]]:
    for name, least, most in (
        ("priority", PRIORITY_MIN, PRIORITY_MAX),
        ("max_retries", 0, MAX_RETRIES_LIMIT),
    ):
        if not _is_whole_number(getattr(request, name), least, most):
            yield name, f"give a whole number from {least} to {most}"
    for name, most in (
        ("idempotency_key", IDEMPOTENCY_KEY_MAX),
        ("fairness_key", FAIRNESS_KEY_MAX),
    ):
        if not _is_text(getattr(request, name), most):
            yield name, f"give a text of 1 to {most} characters, without U+0000"
    for name in ("run_at", "expires_at"):
        if not _is_moment(getattr(request, name)):
            yield name, "give a datetime with a time zone, as django.utils.timezone.now() has"
    if not _is_seconds(request.delay_seconds):
        yield "delay_seconds", "give seconds, 0 or more"
    if not _is_seconds(request.expires_in_seconds):
        yield "expires_in_seconds", "give seconds, 0 or more"
    if request.run_at is not None and request.delay_seconds is not None:
        yield "delay_seconds", "give run_at or delay_seconds, not both"
    if request.expires_at is not None and request.expires_in_seconds is not None:
        yield "expires_in_seconds", "give expires_at or expires_in_seconds, not both"


def _is_whole_number(value: Any, least: int, most: int) -> bool:
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_text(value: Any, most: int) -> bool:
    if value is None:
        return True
    return isinstance(value, str) and 1 <= len(value) <= most and is_storable(value)


def _is_moment(value: Any) -> bool:
    return value is None or (isinstance(value, datetime) and timezone.is_aware(value))


def _is_seconds(value: Any) -> bool:
    if value is None:
        return True
    return is_number(value, int, float) and value >= 0
