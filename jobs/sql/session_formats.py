"""How sessions of PostgreSQL write moments and spans of time: as psycopg can read them.

A role, a database or a server may have other defaults. Nothing in this process could then read a
`timestamptz`, so this holds for every session, those of handlers included.
"""

from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg import Connection

# The server tells both when a session begins, and when one changes: to ask costs nothing.
_FORMATS = {"DateStyle": "ISO", "IntervalStyle": "postgres"}


@receiver(connection_created)
def _set_formats(connection: Any, **_: object) -> None:
    """Once a session, and before its first transaction: a rollback would undo it."""
    raw = connection.connection
    if connection.alias != DEFAULT_DB_ALIAS or not isinstance(raw, Connection):
        return
    with connection.wrap_database_errors:
        for name, wanted in _FORMATS.items():
            if not _told(raw, name).startswith(wanted):
                raw.execute(f"SET {name} = {wanted}")


def _told(raw: "Connection[Any]", name: str) -> str:
    """What the server has told; as wanted where something between tells nothing."""
    return raw.info.parameter_status(name) or _FORMATS[name]
