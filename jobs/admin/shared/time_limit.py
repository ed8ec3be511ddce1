"""No list occupies the database for longer than a person would wait."""

from collections.abc import Callable

from django.db import OperationalError, transaction
from django.http import HttpResponse
from django.template.response import SimpleTemplateResponse
from psycopg.errors import QueryCanceled

from jobs.services.short_transaction import limit_transaction

LIMIT_SECONDS = 3.0


def within_limit(
    answer: Callable[[], HttpResponse], too_slow: Callable[[], HttpResponse]
) -> HttpResponse:
    """`answer()`, rendered; `too_slow()` if one of its queries ran longer than `LIMIT_SECONDS`."""
    try:
        with transaction.atomic():
            limit_transaction("statement_timeout", LIMIT_SECONDS)
            response = answer()
            if isinstance(response, SimpleTemplateResponse):
                response.render()  # runs the queries that the template asks for
            return response
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return too_slow()
