"""What a client asks for becomes a `JobRequest`.

The serializer decides what is acceptable. Most submissions are so plain that a look at their
types comes to the same answer thirty times as fast, and only the others go through it.
"""

import threading
from typing import Any

from rest_framework.exceptions import ValidationError

from jobs.api.jobs.queries import DELAY_MAX_SECONDS, KEY_MAX, JobSubmission
from jobs.api.shared.page_query import QUEUE_MAX, TYPE_MAX
from jobs.core.conf import MAX_RETRIES_LIMIT, PRIORITY_MAX, PRIORITY_MIN
from jobs.services.enqueue import JobRequest

# A moment has to be parsed: that is the serializer's.
_PLAIN = frozenset(
    ("type", "payload", "queue", "priority", "delay", "max_retries", "idempotency_key")
)


class _Kept(threading.local):
    """One serializer for each thread, used as a nested one is: making one costs far more."""

    def __init__(self) -> None:
        self.serializer = JobSubmission()


_kept = _Kept()


def job_request(data: Any) -> JobRequest:
    """The request in the body of `/addJob`, or in an item of `/addJobs`.

    Raises DRF's `ValidationError`.
    """
    if isinstance(data, ValidationError):  # the parser could not make a value of it
        raise data
    return plain_request(data) or _checked_request(data)


def plain_request(data: Any) -> JobRequest | None:
    """The request, if nothing about it is in doubt; None does not mean that it is wrong."""
    if type(data) is not dict or not data.keys() <= _PLAIN:
        return None
    get = data.get
    payload, delay = get("payload"), get("delay")
    if (
        type(payload) is dict
        and _is_text(get("type"), TYPE_MAX)
        and _is_text_or_none(get("queue"), QUEUE_MAX)
        and _is_text_or_none(get("idempotency_key"), KEY_MAX)
        and _is_integer_or_none(get("priority"), PRIORITY_MIN, PRIORITY_MAX)
        and _is_integer_or_none(get("max_retries"), 0, MAX_RETRIES_LIMIT)
        and (delay is None or (type(delay) in (int, float) and 0 <= delay <= DELAY_MAX_SECONDS))
    ):
        return JobRequest(
            type=data["type"],
            payload=payload,
            queue=get("queue"),
            priority=get("priority"),
            delay_seconds=delay,
            max_retries=get("max_retries"),
            idempotency_key=get("idempotency_key"),
        )
    return None


def _is_text(value: Any, longest: int) -> bool:
    return type(value) is str and 0 < len(value) <= longest


def _is_text_or_none(value: Any, longest: int) -> bool:
    return value is None or _is_text(value, longest)


def _is_integer_or_none(value: Any, least: int, most: int) -> bool:
    return value is None or (type(value) is int and least <= value <= most)


def _checked_request(data: Any) -> JobRequest:
    wanted = dict(_kept.serializer.run_validation(data))
    wanted["delay_seconds"] = wanted.pop("delay", None)
    return JobRequest(**wanted)
