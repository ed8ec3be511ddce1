"""What the tables of a system cost: their size, and the log that is written for them."""

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import sql

# Of all tables that are not PostgreSQL's own, with their indexes.
_BYTES = """
    SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::float8 FROM pg_class
    WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
"""
_DEAD = """
    SELECT coalesce(sum(n_dead_tup), 0)::float8 FROM pg_stat_user_tables
    WHERE relid = ANY(%s::regclass[])
"""


class Tables:
    """The tables of the jobs, in a database of the system's own; there may be none."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._connection: psycopg.Connection | None = None

    def empty(self) -> None:
        """Removes every job."""
        if self._names:
            self._execute("TRUNCATE {} CASCADE")

    def vacuum(self) -> None:
        """Does now what autovacuum and the checkpointer would do in the middle of a turn."""
        if self._names:
            self._execute("VACUUM (ANALYZE) {}")
            with suppress(psycopg.errors.InsufficientPrivilege):
                self.ask("CHECKPOINT")

    def bytes(self) -> float:
        """What all tables of the database take."""
        return float(self.ask(_BYTES))

    def dead_rows(self) -> float:
        """How many row versions wait for vacuum, as PostgreSQL has counted."""
        return float(self.ask(_DEAD, list(self._names)))

    def log_position(self) -> str:
        """Where the log of the server ends now."""
        return str(self.ask("SELECT pg_current_wal_insert_lsn()::text"))

    def log_since(self, position: str) -> float:
        """Bytes of log since then."""
        sql_text = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)::float8"
        return float(self.ask(sql_text, position))

    def ask(self, statement: str, *parameters: object) -> Any:
        """The first value of the answer; None where there is none. A lost connection is remade."""
        try:
            cursor = self._connected().execute(statement.encode(), parameters or None)
        except psycopg.OperationalError:
            self.close()
            cursor = self._connected().execute(statement.encode(), parameters or None)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _execute(self, statement: str) -> None:
        names = sql.SQL(", ").join(sql.Identifier(*name.split(".")) for name in self._names)
        self._connected().execute(sql.SQL(statement).format(names))

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        return self._connection
