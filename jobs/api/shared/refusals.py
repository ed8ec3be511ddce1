"""How this app's errors become DRF's, which the project renders as problems.

The errors of a resource, and what they become, stand in its own `refusals.py`.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from jobs.api.shared.client import submission_right_of
from jobs.api.shared.stored_answers import StoredAnswerMixin
from jobs.api.shared.strict_call import has_method, refuse_query
from jobs.core.errors import JobsError
from jobs.core.submission_right import current_submission_right
from jobs.services.time_limit import StatementTooSlow

# The same list will hardly be quicker: that is for what was in the way besides.
LIST_RETRY_SECONDS = 10


def sentence_of(error: JobsError) -> str:
    """The message of an error as a sentence for the caller."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


class ListTooSlow(APIException):
    """503: the rows that were asked for are not found in time."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "list_too_slow"
    wait = LIST_RETRY_SECONDS

    def __init__(self, error: StatementTooSlow) -> None:
        super().__init__(
            f"{sentence_of(error)} Narrow the list by created_after and created_before."
        )


class RefusalMixin(StoredAnswerMixin):
    """For views: answers the errors of a resource with the refusals they stand for.

    Query parameters are refused, but to the calls in `takes_query`, which look at them themselves.
    """

    # Actions of a view set, or methods of another view.
    takes_query: ClassVar[tuple[str, ...]] = ("list",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Called by DRF before each call."""
        super().initial(request, *args, **kwargs)
        current_submission_right.set(submission_right_of(request.user))
        name = getattr(self, "action", None) or str(request.method).lower()
        if name not in self.takes_query and has_method(self, request):
            refuse_query(request)

    def refusal_of(self, error: JobsError) -> APIException | None:
        """What the caller is told of this error; None if it is no doing of the caller's."""
        raise NotImplementedError

    def handle_exception(self, exc: Exception) -> Any:
        """The response to an exception of the view."""
        handle: Callable[[Exception], Any] = super().handle_exception  # type: ignore[misc]
        if isinstance(exc, ObjectDoesNotExist):  # pruned between being found and being used
            return handle(Http404())
        if isinstance(exc, StatementTooSlow):
            return handle(ListTooSlow(exc))
        if isinstance(exc, JobsError):
            return handle(self.refusal_of(exc) or exc)
        return handle(exc)
