"""What a handler returned, as it is kept with the job."""

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from jobs.core.json_text import json_text, size_bytes
from jobs.core.storable import storable

# Length of the column `JobResult.problem`, in characters.
PROBLEM_MAX = 200


class Result(NamedTuple):
    """The value as JSON text; or None, and why it could not be kept."""

    json: str | None
    problem: str = ""


def result_of(returned: Any, max_bytes: int) -> Result | None:
    """What is kept of a handler's return value; None of a handler that returns None.

    It raises nothing, because the effect has happened: a value that is no JSON, or takes more than
    `max_bytes` as JSON, is left out, and the problem is kept in its place.
    """
    if returned is None:
        return None
    try:
        text = json_text(returned, _JSON)
    except BaseException as error:  # noqa: BLE001 - methods of the value's own class may raise anything
        return Result(None, storable(f"not kept, because {_why(error)}")[:PROBLEM_MAX])
    size = size_bytes(text)
    if size > max_bytes:
        return Result(None, f"not kept, because it has {size:,} bytes of at most {max_bytes:,}")
    return Result(text)


def _why(error: BaseException) -> str:
    kind = type(error)
    if kind in (TypeError, ValueError, RecursionError, UnicodeEncodeError):
        return f"it is not JSON: {error}"
    return f"it cannot be read: {kind.__name__}"  # an error of its own make may not tell


def _as_text(value: Any) -> str:
    """Moments in ISO 8601, decimals and UUIDs as they are written."""
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_JSON = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_as_text
)
