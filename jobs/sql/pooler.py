"""Whether a session of PostgreSQL belongs to one connection of this process alone."""

from typing import Any

from psycopg import Connection


def is_pooled(raw: "Connection[Any]") -> bool:
    """Whether a pooler stands between this process and PostgreSQL.

    A pooler gives each client a process id of its own making, because it has to pass on
    cancellations itself. On a direct connection it is the one that PostgreSQL tells.
    """
    row = raw.execute("SELECT pg_backend_pid()").fetchone()
    return row is None or row[0] != raw.info.backend_pid


def has_pool(connection: Any) -> bool:
    """Whether Django's own pool hands this connection to other threads afterwards."""
    return bool(connection.settings_dict["OPTIONS"].get("pool"))
