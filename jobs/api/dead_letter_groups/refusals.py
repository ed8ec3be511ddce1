"""The errors of the call about groups, as callers are told of them."""

from rest_framework.exceptions import APIException

from jobs.api.jobs.refusals import job_refusal
from jobs.api.shared.refusals import RefusalMixin
from jobs.core.errors import JobsError


class GroupRefusalMixin(RefusalMixin):
    """For views about groups."""

    def refusal_of(self, error: JobsError) -> APIException | None:
        return job_refusal(error)
