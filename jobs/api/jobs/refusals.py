"""The errors of the calls about jobs, as callers are told of them."""

from difflib import get_close_matches
from typing import Any

from rest_framework import status
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    PermissionDenied,
    ValidationError,
)

from jobs.api.shared.pointers import NAME_MAX, cut
from jobs.api.shared.refusals import RefusalMixin, sentence_of
from jobs.core.depth_limit import QueueFull
from jobs.core.errors import (
    IdempotencyKeyReused,
    JobAlreadyFinal,
    JobHasStarted,
    JobsError,
    PayloadInvalid,
    PayloadTooLarge,
    RecipientsLimitReached,
    UnknownJobType,
    UnknownQueue,
)
from jobs.core.request_errors import CallbackUrlRefused, RequestInvalid
from jobs.core.submission_right import SubmissionNotAllowed

# A queue that is full is not empty in a second; until then its workers may have made room.
QUEUE_FULL_RETRY_SECONDS = 5


class InvalidPayload(ValidationError):
    """400: the payload does not fit its type."""

    default_code = "invalid_payload"


class NoSuchType(ValidationError):
    """400: no such job type."""

    default_code = "unknown_job_type"


class NoSuchQueue(ValidationError):
    """400: no such queue."""

    default_code = "unknown_queue"


class NotAllowed(PermissionDenied):
    """403: the account may submit jobs, but none of this type, or none to this queue."""

    default_code = "submission_not_allowed"


class TooLarge(APIException):
    """413: the payload is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"


class JobsRefused(ValidationError):
    """422: all or none was asked for, and some are not acceptable."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "jobs_refused"


class KeyReused(ValidationError):
    """422: the idempotency key was used before, with another payload."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"


class Backpressure(APIException):
    """503: the queue is as deep as it may be."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "backpressure"
    wait = QUEUE_FULL_RETRY_SECONDS


class TooManyRecipients(APIException):
    """429: the client's mails have had as many recipients as it may have mailed in a day."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "recipients_limit"

    def __init__(self, detail: str, wait_seconds: float) -> None:
        super().__init__(detail)
        self.wait = wait_seconds


class AlreadyFinal(APIException):
    """409: the job is in a final state."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "already_final"


class AlreadyStarted(APIException):
    """409: an attempt at the job has begun."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "already_started"


def job_refusal(error: JobsError) -> APIException | None:
    """What the caller is told of this error; None if it is no doing of the caller's."""
    match error:
        case UnknownJobType():
            return NoSuchType({"type": [_unknown("job type", error.job_type, error.known)]})
        case UnknownQueue():
            return NoSuchQueue({"queue": [_unknown("queue", error.queue, error.known)]})
        case PayloadInvalid():
            return InvalidPayload({"payload": error.errors})
        case IdempotencyKeyReused():
            differs = ErrorDetail(
                f"This idempotency_key was used before, for job {error.job_id}, with another value "
                "here. Send what was sent before, or another idempotency_key.",
                code="differs",
            )
            where: dict[str, Any] = {}
            if error.fields:
                where["payload"] = {name: [differs] for name in error.fields}
            if error.callback_differs:
                where["callback_url"] = [differs]
            return KeyReused(where)
        case CallbackUrlRefused():
            refused = [ErrorDetail(one, code="url_refused") for one in error.sentences]
            return ValidationError({"callback_url": refused})
        case RequestInvalid():
            return ValidationError(error.errors)
        case SubmissionNotAllowed():
            return NotAllowed(sentence_of(error))
        case PayloadTooLarge():
            return TooLarge(sentence_of(error))
        case RecipientsLimitReached():
            return TooManyRecipients(sentence_of(error), error.wait_seconds)
        case QueueFull():
            return Backpressure(sentence_of(error))
        case JobHasStarted():
            return AlreadyStarted(sentence_of(error))
        case JobAlreadyFinal():
            return AlreadyFinal(sentence_of(error))
        case _:
            return None


class JobRefusalMixin(RefusalMixin):
    """For views about jobs."""

    def refusal_of(self, error: JobsError) -> APIException | None:
        return job_refusal(error)


def unknown_name(noun: str, name: str, known: list[str]) -> str:
    """A sentence about a name that there is not, with the names that come close."""
    close = get_close_matches(name, known)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known are: {', '.join(known)}."
    return f"Unknown {noun} {cut(name, NAME_MAX)!r}; {hint}"


def _unknown(noun: str, name: str, known: list[str]) -> ErrorDetail:
    return ErrorDetail(unknown_name(noun, name, known), code="unknown")
