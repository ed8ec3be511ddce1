"""The errors of the calls about limits, as callers are told of them."""

from rest_framework.exceptions import APIException, NotFound, ValidationError

from jobs.api.jobs.refusals import unknown_name
from jobs.api.shared.refusals import RefusalMixin, sentence_of
from jobs.core.errors import JobsError, UnknownJobType, UnknownQueue
from jobs.core.limit import LimitInvalid


class SenselessLimit(ValidationError):
    """400: the limit makes no sense."""

    default_code = "invalid_limit"


class LimitRefusalMixin(RefusalMixin):
    """For views about limits, whose names are in the path."""

    def refusal_of(self, error: JobsError) -> APIException | None:
        match error:
            case LimitInvalid():
                return SenselessLimit(sentence_of(error))
            case UnknownQueue():
                return NotFound(sentence_of(error))
            case UnknownJobType():
                return NotFound(unknown_name("job type", error.job_type, error.known))
            case _:
                return None
