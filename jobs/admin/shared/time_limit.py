"""No list of the admin occupies the database for longer than a person would wait."""

from collections.abc import Callable

from django.http import HttpResponse
from django.template.response import SimpleTemplateResponse

from jobs.services.time_limit import StatementTooSlow, statements_within

LIMIT_SECONDS = 3.0


def within_limit(
    answer: Callable[[], HttpResponse], too_slow: Callable[[], HttpResponse]
) -> HttpResponse:
    """`answer()`, rendered; `too_slow()` if one of its queries ran longer than `LIMIT_SECONDS`."""
    try:
        with statements_within(LIMIT_SECONDS):
            response = answer()
            if isinstance(response, SimpleTemplateResponse):
                response.render()  # runs the queries that the template asks for
            return response
    except StatementTooSlow:
        return too_slow()
