"""No list occupies the database for longer than a person would wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, transaction
from psycopg.errors import QueryCanceled

from jobs.core.errors import JobsError
from jobs.services.short_transaction import limit_transaction


class StatementTooSlow(JobsError):
    """A statement ran longer than it may, and was ended."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the database had not found the rows after {seconds:g} s")
        self.seconds = seconds


@contextmanager
def statements_within(seconds: float) -> Iterator[None]:
    """A transaction each of whose statements may run for so long; raises StatementTooSlow."""
    try:
        with transaction.atomic():
            limit_transaction("statement_timeout", seconds)
            yield
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        raise StatementTooSlow(seconds) from error
