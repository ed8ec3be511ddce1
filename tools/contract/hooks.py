"""What schemathesis has to know beside the document; loaded into its process (SCHEMATHESIS_HOOKS).

The document says what a request looks like. Which names and moments make sense on this server it
cannot say, so that requests that are meant to be valid get some that do; and a few rules between
members stand in words.
"""

import os
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis.engine import observations

from jobs.core.call_key import call_key
from tools.contract.sense import (
    JOB_TYPE,
    PAYLOAD,
    is_refused_by_item,
    is_said_in_words,
    with_sense,
)

# The longest that a call is let wait for a job, in seconds: what is looked at is its answer.
_WAIT_MAX = 1
# The longest wait that the document allows. A longer one is refused at once.
_WAIT_ALLOWED = 60

_keys = count()

_same_origin_path = observations._same_origin_path


def _path_or_none(value: str, origin: Any) -> str | None:
    """schemathesis 4.32 looks for its own URLs in answers, and ends at a text that is none, such as
    `https://[`."""
    try:
        path: str | None = _same_origin_path(value, origin)
        return path
    except ValueError:
        return None


observations._same_origin_path = _path_or_none

# Here the document does not tell which payload goes with which type.
_PAYLOADS_OF_ANY_TYPE = ("/v1/schedules", "/v1/jobs/{id}")


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """An answer may have no member that the document does not tell, so that each is found."""
    for schema in raw_schema["components"]["schemas"].values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Called for each request, just before it is sent."""
    _give_own_key(case.headers)
    wait = str((case.query or {}).get("wait"))
    if wait.isdecimal() and _WAIT_MAX < int(wait) <= _WAIT_ALLOWED:
        case.query["wait"] = _WAIT_MAX
    if case.operation.path.endswith("/logoutEverywhere") and "Authorization" in (
        case.headers or {}
    ):
        case.headers["Authorization"] = os.environ["CONTRACT_SPARE"]  # it ends with the call
    if case.meta is not None and case.meta.generation.mode.is_positive:
        now = datetime.now(UTC)
        case.query = with_sense(case.query, now)
        case.body = with_sense(case.body, now)
        if case.operation.path.startswith(_PAYLOADS_OF_ANY_TYPE) and isinstance(case.body, dict):
            own = {"type": JOB_TYPE, "payload": PAYLOAD}
            case.body |= {name: value for name, value in own.items() if name in case.body}


def _give_own_key(headers: Any) -> None:
    """Makes an `Idempotency-Key` another one: schemathesis sends the same with thousands of
    calls, which would all be refused for that alone. Each tenth stays: its answer is replayed.
    """
    try:
        call_key((headers or {}).get("Idempotency-Key", ""))
    except ValueError:
        return
    if next(_keys) % 10:
        headers["Idempotency-Key"] = uuid4().hex


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a failure is one: a valid request may be refused for what stands in words alone, and
    many jobs have a status each."""
    kind, status = type(failure).__name__, response.status_code
    if kind == "RejectedPositiveData" and status in (400, 422):
        return not is_said_in_words(response.json())
    if kind == "JsonSchemaError" and failure.title == "SSE event violates schema":
        return False  # OpenAPI 3.1 has a schema for the whole stream alone, which is a text
    if kind == "AcceptedNegativeData":
        # What was to be wrong is not sent where a call takes no body, and needs none.
        described = getattr(case.meta.phase.data, "description", None) or ""
        is_valid = described.lower() == "positive test case"
        return not (is_valid or (status == 200 and is_refused_by_item(response.json())))
    return True
