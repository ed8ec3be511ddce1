"""This app's errors in the words of DRF, which the project renders as problems."""

from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from jobs.core.errors import (
    DeadLetterResolved,
    JobAlreadyFinal,
    JobsError,
    PayloadInvalid,
    PayloadTooLarge,
    UnknownJobType,
    UnknownQueue,
)


class InvalidPayload(ValidationError):
    """400: the payload does not fit its type."""

    default_code = "invalid_payload"


class NoSuchType(ValidationError):
    """400: nothing runs jobs of this type."""

    default_code = "unknown_job_type"


class NoSuchQueue(ValidationError):
    """400: no such queue."""

    default_code = "unknown_queue"


class TooLarge(APIException):
    """413: the payload is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"


class JobsRefused(ValidationError):
    """422: all or none was asked for, and some are not acceptable."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "jobs_refused"


class AlreadyResolved(APIException):
    """409: somebody was first."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "already_resolved"


class AlreadyFinal(APIException):
    """409: the job has ended."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "already_final"


def refusal_of(error: JobsError) -> APIException:
    """The refusal that tells a client of this error; raises it if it is not the client's doing."""
    match error:
        case UnknownJobType():
            return NoSuchType({"type": [_unknown("job type", error.job_type, error.known)]})
        case UnknownQueue():
            return NoSuchQueue({"queue": [_unknown("queue", error.queue, error.known)]})
        case PayloadInvalid():
            return InvalidPayload({"payload": error.errors})
        case PayloadTooLarge():
            return TooLarge(_sentence(error))
        case DeadLetterResolved():
            return AlreadyResolved(_sentence(error))
        case JobAlreadyFinal():
            return AlreadyFinal(_sentence(error))
        case _:
            raise error


def _unknown(noun: str, name: str, known: list[str]) -> ErrorDetail:
    close = get_close_matches(name, known)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known are: {', '.join(known)}."
    return ErrorDetail(f"Unknown {noun} {name!r}; {hint}", code="unknown")


def _sentence(error: JobsError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


class RefusalMixin:
    """For views: answers this app's errors with the refusals they stand for."""

    def handle_exception(self, exc: Exception) -> Any:
        handle: Callable[[Exception], Any] = super().handle_exception  # type: ignore[misc]
        if isinstance(exc, ObjectDoesNotExist):  # pruned between being found and being used
            exc = Http404()
        elif isinstance(exc, JobsError):
            with suppress(JobsError):
                exc = refusal_of(exc)
        return handle(exc)
