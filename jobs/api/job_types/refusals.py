"""The errors of the calls about job types, as callers are told of them."""

from rest_framework.exceptions import APIException, NotFound

from jobs.api.jobs.refusals import unknown_name
from jobs.api.shared.refusals import RefusalMixin
from jobs.core.errors import JobsError, UnknownJobType


class JobTypeRefusalMixin(RefusalMixin):
    """For views about job types, whose names are in the path."""

    def refusal_of(self, error: JobsError) -> APIException | None:
        if not isinstance(error, UnknownJobType):
            return None
        return NotFound(unknown_name("job type", error.job_type, error.known))
