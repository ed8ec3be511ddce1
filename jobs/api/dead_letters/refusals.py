"""The errors of the calls about dead letters, as callers are told of them."""

from rest_framework import status
from rest_framework.exceptions import APIException

from jobs.api.jobs.refusals import job_refusal
from jobs.api.shared.refusals import RefusalMixin, sentence_of
from jobs.core.errors import DeadLetterResolved, JobsError


class AlreadyResolved(APIException):
    """409: the dead letter no longer waits for a person."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "already_resolved"


class DeadLetterRefusalMixin(RefusalMixin):
    """For views about dead letters."""

    def refusal_of(self, error: JobsError) -> APIException | None:
        if isinstance(error, DeadLetterResolved):
            return AlreadyResolved(sentence_of(error))
        return job_refusal(error)
