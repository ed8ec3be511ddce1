"""The payload of a dead job is changed before it is replayed: checked as that of a new job is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobs.core.conf import jobs_conf
from jobs.core.secrets import MASK
from jobs.handlers.registry import job_types
from jobs.services.enqueue.payload import clean_payload, payload_json
from jobs.services.enqueue.resolve import effect_key_of
from jobs.services.limits.names import limits_of
from jobs.services.masking import masked_payload, unmasked_payload

# Marks a field that is not there, in differences.
MISSING = object()


class JobChange(NamedTuple):
    """What a job gets with another payload. `effect_key`: None where it stays as it is."""

    payload: dict[str, Any]
    effect_key: str | None
    limits: list[str]


class Difference(NamedTuple):
    """One field of a payload before and after, as people may see it; `MISSING` for none."""

    field: str
    before: Any
    after: Any


def job_change(*, job_type: str, queue: str, payload: Mapping[str, Any]) -> JobChange:
    """What a job of that type and queue gets with this payload.

    Raises UnknownJobType, PayloadInvalid, PayloadTooLarge.
    """
    known = job_types.get(job_type)
    clean = clean_payload(known, payload)
    payload_json(clean, jobs_conf())  # raises if it is too large
    key = None if known.key is None else effect_key_of(known, clean)
    limits = limits_of(known, queue, clean)
    return JobChange(clean, key, limits)


def edited_payload(
    job_type: str, stored: Mapping[str, Any], edited: Mapping[str, Any]
) -> dict[str, Any]:
    """What a person has made of a payload that was shown masked: what is still masked stays."""
    return unmasked_payload(job_type, edited, stored)


def payload_differences(
    job_type: str, before: dict[str, Any], after: dict[str, Any]
) -> list[Difference]:
    """The fields that differ, in the order of their names. Sensitive values are masked."""
    shown = masked_payload(job_type, before), masked_payload(job_type, after)
    return [
        Difference(name, *(one.get(name, MISSING) for one in shown))
        for name in sorted(before.keys() | after.keys())
        if before.get(name, MISSING) != after.get(name, MISSING)
    ]


def shown_differences(job_type: str, before: dict[str, Any], after: dict[str, Any]) -> Any:
    """The same as an event keeps it: the fields before, and the fields after."""
    found = payload_differences(job_type, before, after)
    return (
        {one.field: one.before for one in found if one.before is not MISSING},
        {one.field: one.after for one in found if one.after is not MISSING},
    )


def masked_changes(job_type: str | None, changes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Changes of a redrive as people may see them; without a type those of any type are masked."""
    types = job_types.as_mapping().values()
    sensitive = {name for one in types if job_type in (None, one.name) for name in one.sensitive}
    is_known = job_type is None or job_types.find(job_type) is not None
    return {
        name: MASK if name in sensitive or not is_known else value
        for name, value in (changes or {}).items()
    }
