"""How a command ends where PostgreSQL did not do what it was asked: with one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import ProgrammingError

from jobs.services.database_errors import DATABASE_ERRORS, failure_sentence
from jobs.services.migrations import missing_migrations_sentence


@contextmanager
def database_failures(returncode: int) -> Iterator[None]:
    """Raises CommandError, with this exit status, in place of the database's errors.

    A table or a column that is not there is one of these while migrations are missing; otherwise it
    is a fault of the program, which shows its traceback.
    """
    try:
        yield
    except DATABASE_ERRORS as error:
        raise CommandError(failure_sentence(error), returncode=returncode) from error
    except ProgrammingError as error:
        if not (sentence := missing_migrations_sentence()):
            raise
        raise CommandError(sentence, returncode=returncode) from error
