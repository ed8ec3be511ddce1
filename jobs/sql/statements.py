"""Reads the statements of this folder and runs them; PostgreSQL plans them each time."""

from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

Rows = list[tuple[Any, ...]]


@cache
def statement(name: str) -> str:
    """The text of `<name>.sql`, with the project's own type in place of `::user_id`."""
    text = (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
    return text.replace("::user_id", f"::{_user_id_type()}") if "::user_id" in text else text


def _user_id_type() -> str:
    """The type of the users' primary key in PostgreSQL: bigint, integer, uuid ..."""
    submitted_by = apps.get_model("jobs", "Job")._meta.get_field("submitted_by")
    return str(submitted_by.db_type(connection))


def run(name: str, **parameters: Any) -> Rows:
    """Runs `<name>.sql` on the default database with these values; returns all rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement(name), parameters)
        rows: Rows = cursor.fetchall()
    return rows


def run_copy(name: str, lines: str) -> None:
    """Runs `<name>.sql`, a COPY, on the default database; `lines` is its input."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement(name)) as copy,
    ):
        copy.write(lines)
