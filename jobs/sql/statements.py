"""Reads the statements of this folder and runs them, planned each time as Django's own are."""

from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

Rows = list[tuple[Any, ...]]


@cache
def statement(name: str) -> str:
    """The text of `<name>.sql`."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


def run(name: str, **parameters: Any) -> Rows:
    """Runs a statement that is planned each time, as Django's own are."""
    with connection.cursor() as cursor:
        cursor.execute(statement(name), parameters)
        rows: Rows = cursor.fetchall()
    return rows


def run_copy(name: str, lines: str) -> None:
    """Runs a COPY from these lines."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement(name)) as copy,
    ):
        copy.write(lines)
