"""The errors of the calls about redrives, as callers are told of them."""

from rest_framework import status
from rest_framework.exceptions import APIException

from jobs.api.jobs.refusals import job_refusal
from jobs.api.shared.refusals import RefusalMixin, sentence_of
from jobs.core.errors import JobsError
from jobs.core.redrive_errors import NothingSelected, RedriveEnded


class NothingToReplay(APIException):
    """409: no waiting dead letter fits."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "nothing_selected"


class Ended(APIException):
    """409: the redrive has ended."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "redrive_ended"


class RedriveRefusalMixin(RefusalMixin):
    """For views about redrives."""

    def refusal_of(self, error: JobsError) -> APIException | None:
        match error:
            case NothingSelected():
                return NothingToReplay(sentence_of(error))
            case RedriveEnded():
                return Ended(sentence_of(error))
            case _:
                return job_refusal(error)
