"""Code of a job type that reads a payload: its serializer, and what derives values from it.

The payload is a client's. Whatever such code raises about it is that client's refusal: it must not
spoil the other jobs of a call, nor end the call as a failure of the server.
"""

import logging
from collections.abc import Callable
from operator import index
from pathlib import Path
from traceback import extract_tb
from typing import Any, TypeVar

from rest_framework.exceptions import APIException, ValidationError

from jobs.core.errors import PayloadInvalid
from jobs.handlers.context import Payload
from jobs.handlers.registry import JobType
from jobs.services.database_errors import DATABASE_ERRORS

R = TypeVar("R")

logger = logging.getLogger(__name__)

# These say themselves what they mean: a refusal, and a database that is away.
PLAIN_ERRORS = (PayloadInvalid, *DATABASE_ERRORS)

# People whom one mail goes to: beyond any limit on them, and still a number for PostgreSQL.
RECIPIENTS_MAX = 1_000_000_000


def derived(job_type: JobType, function: Callable[[Payload], R], payload: Payload) -> R:
    """What a function of the type derives from a payload. Raises PayloadInvalid where it fails."""
    try:
        return function(payload)
    except PLAIN_ERRORS:
        raise
    except Exception as error:
        raise refused(job_type.name, error, "derive its keys from") from error


def derived_text(
    job_type: JobType, function: Callable[[Payload], object], payload: Payload
) -> str | None:
    """The same as text, None for None."""

    def text(given: Payload) -> str | None:
        value = function(given)
        return None if value is None else str(value)

    return derived(job_type, text, payload)


def recipients_of(job_type: JobType, payload: Payload) -> int:
    """How many people the mail of a payload goes to; 0 for a type that does not say.

    Raises PayloadInvalid.
    """
    count: Callable[[Payload], Any] | None = job_type.recipients
    if count is None:
        return 0

    def checked(given: Payload) -> int:
        number = index(count(given))
        if not 0 <= number <= RECIPIENTS_MAX:
            raise ValueError("no number of people")
        return number

    return derived(job_type, checked, payload)


def refused(job_type: str, error: Exception, what: str = "check") -> PayloadInvalid:
    """What is to be raised where code of the type has raised `error` about a payload.

    An error that is meant for clients tells them what it says. Any other is logged, with `what`
    the code was to do.
    """
    if isinstance(error, ValidationError):
        return PayloadInvalid(error.detail)
    if isinstance(error, APIException) and error.status_code < 500:
        return PayloadInvalid({"non_field_errors": [str(error)]})
    logger.warning(
        "Job type %s could not %s a payload: %s",
        job_type,
        what,
        place_of(error),  # what it says may quote the payload
        extra={"event": "payload.not_taken", "type": job_type},
    )
    return PayloadInvalid({"non_field_errors": [f"This job type cannot {what} these values."]})


def place_of(error: Exception) -> str:
    """The class of the error, and the line of code that raised it."""
    *_, frame = extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
