"""Code of a job type that reads a payload: its serializer, and what derives keys from it.

The payload is a client's. Whatever such code raises about it is that client's refusal: it must not
spoil the other jobs of a call, nor end the call as a failure of the server.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

from rest_framework.exceptions import APIException

from jobs.core.errors import JobsError, PayloadInvalid
from jobs.handlers.context import Payload
from jobs.handlers.registry import JobType
from jobs.services.database_errors import DATABASE_ERRORS

R = TypeVar("R")

logger = logging.getLogger(__name__)

# These say themselves what they mean: errors of this app, of DRF, of a database that is away.
PLAIN_ERRORS = (JobsError, APIException, *DATABASE_ERRORS)


def derived(job_type: JobType, function: Callable[[Payload], R], payload: Payload) -> R:
    """What a function of the type derives from a payload. Raises PayloadInvalid where it fails."""
    try:
        return function(payload)
    except PLAIN_ERRORS:
        raise
    except Exception as error:
        _log(job_type.name, "derive its keys from a payload", error)
        sentence = "This job type cannot derive its keys from these values."
        raise PayloadInvalid({"non_field_errors": [sentence]}) from error


def cannot_check(job_type: str, error: Exception) -> PayloadInvalid:
    """What is to be raised where the serializer of the type has failed; logs it."""
    _log(job_type, "check a payload", error)
    return PayloadInvalid({"non_field_errors": ["This job type cannot check these values."]})


def _log(job_type: str, what: str, error: Exception) -> None:
    logger.warning(
        "Job type %s could not %s: %s",
        job_type,
        what,
        _place(error),  # what it says may quote the payload
        extra={"event": "payload.not_taken", "type": job_type},
    )


def _place(error: Exception) -> str:
    """The class of the error, and the line of code that raised it."""
    *_, frame = extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
