"""Reads the statements of this folder, and runs SQL on the default database, planned each time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

from jobs.sql.contention import repeated

_OTHER = re.compile(r"\{(\w+)\}")

Rows = list[tuple[Any, ...]]
Parameters = Mapping[str, Any] | Sequence[Any] | None


@cache
def statement(name: str) -> str:
    """The text of `<name>.sql`, with the project's own type in place of `::user_id`, and that of
    another statement in place of its name in braces."""
    text = (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
    text = _OTHER.sub(lambda other: statement(other[1]), text)
    return text.replace("::user_id", f"::{_user_id_type()}") if "::user_id" in text else text


def statements_load() -> None:
    """Reads every statement: later there may be no file descriptor left, or another release."""
    for path in Path(__file__).parent.glob("*.sql"):
        statement(path.stem)


def _user_id_type() -> str:
    """The type of the users' primary key in PostgreSQL: bigint, integer, uuid ..."""
    submitted_by = apps.get_model("jobs", "Job")._meta.get_field("submitted_by")
    return str(submitted_by.db_type(connection))


def run(name: str, **parameters: Any) -> Rows:
    """Runs `<name>.sql` with these values; returns all rows.

    Outside a transaction a conflict with another one is repeated.
    """
    return repeated(partial(fetch_rows, statement(name), parameters))


def run_copy(name: str, pieces: Iterable[str]) -> None:
    """Runs `<name>.sql`, a COPY; `pieces` are its input, each sent once it is made."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement(name)) as copy,
    ):
        for lines in pieces:
            copy.write(lines)


def fetch_rows(sql: str, parameters: Parameters = None) -> Rows:
    """Runs a statement; returns all rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: Rows = cursor.fetchall()
    return rows


def database_now() -> datetime:
    """The present moment, by the clock of the database."""
    now: datetime
    [(now,)] = fetch_rows("SELECT statement_timestamp()")
    return now


def execute(sql: str, parameters: Parameters = None) -> None:
    """Runs a statement whose result is not wanted."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
