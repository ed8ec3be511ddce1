"""What one check has found, and the statements that checks are made of."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection

from jobs.sql.statements import statement

EXAMPLES = 10
DAY_SECONDS = 86_400

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Check:
    """What one check has found: `rows` looked at, `violations` among them, ten of these named."""

    name: str
    promise: str
    rows: int
    violations: int
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)
    notes: str = ""


def timed(check: Callable[[], Check]) -> Check:
    """Runs a check and notes how long it took."""
    began = time.monotonic()
    return replace(check(), seconds=round(time.monotonic() - began, 3))


def check_by_statement(name: str, promise: str, parameters: dict[str, Any]) -> Check:
    """Runs `jobs/sql/verify_<name>.sql`, which returns `subject` and `problem` for each row.

    A row without a problem is in order.
    """
    checked = f"FROM ({statement(f'verify_{name}')}) AS checked"
    [(rows, violations)] = fetch_rows(f"SELECT count(*), count(problem) {checked}", parameters)
    examples = f"SELECT subject, problem {checked} WHERE problem IS NOT NULL LIMIT {EXAMPLES}"
    found = fetch_rows(examples, parameters) if violations else []
    return Check(
        name, promise, rows, violations, examples=[f"{one}: {what}" for one, what in found]
    )


def execute(sql: str, parameters: dict[str, Any] | None = None) -> None:
    """Runs a statement that returns nothing."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def fetch_rows(sql: str, parameters: dict[str, Any] | None = None) -> Rows:
    """What a statement returns."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: Rows = cursor.fetchall()
    return rows
