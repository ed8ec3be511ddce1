"""The errors of the calls about schedules, as callers are told of them."""

from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from jobs.api.jobs.refusals import job_refusal
from jobs.api.shared.refusals import RefusalMixin, sentence_of
from jobs.core.errors import (
    JobsError,
    ScheduleBroken,
    ScheduleDeclared,
    ScheduleInvalid,
    ScheduleNameTaken,
)


class SenselessSchedule(ValidationError):
    """400: the schedule makes no sense."""

    default_code = "invalid_schedule"


class NameTaken(APIException):
    """409: another schedule has this name."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "name_taken"


class DeclaredInCode(APIException):
    """409: code declares the schedule, and wins."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "declared_in_code"


class CannotRun(APIException):
    """409: the schedule can make no job any more."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "schedule_broken"


class ScheduleRefusalMixin(RefusalMixin):
    """For views about schedules."""

    def refusal_of(self, error: JobsError) -> APIException | None:
        match error:
            case ScheduleInvalid():
                return SenselessSchedule(
                    {
                        field: [ErrorDetail(text, code="invalid") for text in texts]
                        for field, texts in error.errors.items()
                    }
                )
            case ScheduleNameTaken():
                return NameTaken(sentence_of(error))
            case ScheduleDeclared():
                return DeclaredInCode(sentence_of(error))
            case ScheduleBroken():
                return CannotRun(sentence_of(error))
            case _:
                return job_refusal(error)
