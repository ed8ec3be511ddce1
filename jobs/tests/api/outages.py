"""PostgreSQL as a process finds it while the server is away."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from jobs.tests.conftest import CLOSED_PORT


@contextmanager
def without_postgresql() -> Iterator[None]:
    """New connections of this thread are refused until the block ends."""
    original = connection.settings_dict
    connection.close()
    connection.settings_dict = {
        **original,
        "HOST": "127.0.0.1",
        "PORT": CLOSED_PORT,
        "OPTIONS": {},
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = original
