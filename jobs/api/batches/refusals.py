"""The errors of the calls about batches, as callers are told of them."""

from collections.abc import Sequence
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError

from jobs.api.jobs.refusals import job_refusal
from jobs.api.shared.refusals import RefusalMixin, sentence_of
from jobs.core.batch_errors import (
    BatchClosed,
    BatchCompleted,
    BatchFull,
    CallbackRefused,
    ChainJobRefused,
)
from jobs.core.errors import JobsError


class Closed(APIException):
    """409: the batch was closed."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "batch_closed"


class Full(APIException):
    """409: the batch has as many jobs as it may have."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "batch_full"


class Completed(APIException):
    """409: all jobs of the batch have ended."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "batch_completed"


def _at(path: Sequence[str], refusal: APIException | None) -> APIException | None:
    """The refusal of a job that is so deep in the body: its pointers lead there."""
    if not isinstance(refusal, ValidationError):
        return refusal
    detail: Any = refusal.detail
    for name in reversed(path):
        detail = {name: detail}
    return type(refusal)(detail)


class BatchRefusalMixin(RefusalMixin):
    """For views about batches, and about chains, which may be in them."""

    def refusal_of(self, error: JobsError) -> APIException | None:
        match error:
            case BatchClosed():
                return Closed(sentence_of(error))
            case BatchFull():
                return Full(sentence_of(error))
            case BatchCompleted():
                return Completed(sentence_of(error))
            case CallbackRefused():
                return _at([error.callback], job_refusal(error.error))
            case ChainJobRefused():
                return _at(["jobs", str(error.index)], job_refusal(error.error))
            case _:
                return job_refusal(error)
