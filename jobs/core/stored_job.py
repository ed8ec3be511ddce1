"""A job that is checked now and inserted later is kept as JSON until then."""

from datetime import datetime
from typing import Any

from jobs.core.new_job import NewJob

_MOMENTS = ("run_at", "expires_at")


def stored_job(new: NewJob) -> dict[str, Any]:
    """The job as JSON, without what has its default."""
    defaults = NewJob._field_defaults
    values = {
        name: value
        for name, value in new._asdict().items()
        if name not in defaults or value != defaults[name]
    }
    for name in _MOMENTS:
        if name in values:
            values[name] = values[name].isoformat()
    return values


def new_job_of(stored: dict[str, Any], submitted_by_id: Any) -> NewJob:
    """The job to insert. It is as it was checked, even if its type does not exist any more.

    `submitted_by_id`: its client now, as the row that keeps it says; None if the client has left
    since the check.
    """
    values = dict(stored)
    for name in _MOMENTS:
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "limits" in values:
        values["limits"] = tuple(values["limits"])
    return NewJob(**values | {"submitted_by_id": submitted_by_id})
