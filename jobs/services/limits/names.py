"""Which limits a new job is under, and the name under which one is stored."""

from typing import Any

from jobs.core.limit import key_limit_name, queue_limit_name, type_limit_name
from jobs.handlers.registry import JobType
from jobs.services.limits.book import limit_book
from jobs.services.project_code import derived_text


def limits_of(job_type: JobType, queue: str, payload: dict[str, Any]) -> list[str]:
    """The names of the limits that a new job is under; mostly none. Raises PayloadInvalid."""
    is_bound_by_code = job_type.limit is not None or job_type.concurrency_key is not None
    if not (is_bound_by_code or limit_book.any_limit):
        return []
    names = []
    if limit_book.has(name := queue_limit_name(queue)):
        names.append(name)
    if job_type.concurrency_key is not None:
        key = derived_text(job_type, job_type.concurrency_key, payload)
        if key is not None:
            names.append(key_limit_name(job_type.name, key))
    elif job_type.limit is not None or limit_book.has(type_limit_name(job_type.name)):
        names.append(type_limit_name(job_type.name))
    return names


def stored_name(name: str) -> str:
    """The name under which a limit is stored: that of a long key is hashed."""
    kind, _, rest = name.partition(":")
    job_type, _, key = rest.partition(":")
    return key_limit_name(job_type, key) if kind == "key" and key else name
