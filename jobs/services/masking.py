"""Payloads as people may see them: without the values of sensitive fields."""

from collections.abc import Mapping
from typing import Any

from jobs.core.errors import JobsError, PayloadInvalid
from jobs.core.secrets import MASK
from jobs.handlers.registry import job_types


def masked_payload(job_type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as people may see it: the sensitive fields of its type are masked.

    Of a type that is not registered any more only the names of the fields are shown.
    """
    known = job_types.find(job_type)
    return {
        name: MASK if known is None or name in known.sensitive else value
        for name, value in payload.items()
    }


def unmasked_payload(
    job_type: str,
    payload: Mapping[str, Any],
    stored: Mapping[str, Any],
    *,
    becomes: str | None = None,
) -> dict[str, Any]:
    """A payload that a person has edited, with the stored values where it is still masked.

    `becomes`: the type that it is of from now on, None for the same. A value that this one would
    show is not taken over: who changes a type sees no secret by it. Raises PayloadInvalid.
    """
    masked = masked_payload(job_type, dict(stored))
    kept = {
        name: stored[name]
        for name, value in payload.items()
        if value == MASK and masked.get(name) == MASK
    }
    if becomes is not None and becomes != job_type:
        shown = masked_payload(becomes, kept)
        if told := [name for name in kept if shown[name] != MASK]:
            sentence = "It was masked, and the new type would show it: give its value anew."
            raise PayloadInvalid({name: [sentence] for name in told})
    return {**payload, **kept}


def refusal_in_words(job_type: str, error: JobsError) -> str:
    """Why a payload was refused, without the values of sensitive fields."""
    if not (isinstance(error, PayloadInvalid) and isinstance(error.errors, Mapping)):
        return str(error)
    known = job_types.find(job_type)
    sensitive = known.sensitive if known is not None else frozenset()
    return "; ".join(
        f"{name}: {'is refused' if name in sensitive else _first(found)}"
        for name, found in sorted(error.errors.items())
    )


def _first(found: Any) -> str:
    while isinstance(found, Mapping | list | tuple) and found:
        found = next(iter(found.values() if isinstance(found, Mapping) else found))
    return str(found)
