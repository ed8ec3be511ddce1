"""The errors of the calls about queues, as callers are told of them."""

from rest_framework.exceptions import APIException, NotFound

from jobs.api.shared.refusals import RefusalMixin, sentence_of
from jobs.core.errors import JobsError, UnknownQueue


class QueueRefusalMixin(RefusalMixin):
    """For views about queues, whose names are in the path."""

    def refusal_of(self, error: JobsError) -> APIException | None:
        return NotFound(sentence_of(error)) if isinstance(error, UnknownQueue) else None
