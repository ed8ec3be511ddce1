"""A database whose transactions are serializable unless a session says otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def serializable_by_default(is_on: bool = True) -> Iterator[None]:
    """The sessions that are opened within are; those of this thread are closed before and after.

    With `is_on` False the block is an exception from an outer one.
    """
    former = _set(is_on)
    try:
        yield
    finally:
        _set(former)


def _set(is_on: bool) -> bool:
    """Returns what was set before."""
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(
            "SELECT count(*) FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = "
            "setdatabase WHERE datname = current_database() AND setrole = 0 AND "
            "'default_transaction_isolation=serializable' = ANY(setconfig)"
        )
        former = bool(cursor.fetchone()[0])
        cursor.execute(
            f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"
            if is_on
            else f"ALTER DATABASE {name} RESET default_transaction_isolation"
        )
    connection.close()
    return former
