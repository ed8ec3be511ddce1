"""What one check finds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

from jobs.sql.statements import fetch_rows, statement

EXAMPLES = 10


class CheckDocument(TypedDict):
    """A `Check` as JSON."""

    name: str
    promise: str
    rows: int
    violations: int
    seconds: float
    examples: list[str]
    notes: str


@dataclass(frozen=True, slots=True)
class Check:
    """What one check has found.

    `rows`: how many it has read; `violations`: how many of these break the promise; `examples`:
    up to ten of them, each in one sentence; `seconds`: how long the check took. `notes` tells of
    what is odd but breaks nothing.
    """

    name: str
    promise: str
    rows: int
    violations: int
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)
    notes: str = ""

    def as_document(self) -> CheckDocument:
        """The check as JSON."""
        return {
            "name": self.name,
            "promise": self.promise,
            "rows": self.rows,
            "violations": self.violations,
            "seconds": self.seconds,
            "examples": self.examples,
            "notes": self.notes,
        }


def timed(check: Callable[[], Check]) -> Check:
    """Runs a check; returns what it has found, with the seconds it took."""
    began = time.monotonic()
    return replace(check(), seconds=round(time.monotonic() - began, 3))


def check_by_statement(name: str, promise: str, parameters: dict[str, Any]) -> Check:
    """Runs `jobs/sql/verify_<name>.sql`, which returns `subject` and `problem` for each row.

    `problem` is NULL for a row that is in order.
    """
    checked = f"FROM ({statement(f'verify_{name}')}) AS checked"
    [(rows, violations)] = fetch_rows(f"SELECT count(*), count(problem) {checked}", parameters)
    examples = f"SELECT subject, problem {checked} WHERE problem IS NOT NULL LIMIT {EXAMPLES}"
    found = fetch_rows(examples, parameters) if violations else []
    return Check(
        name, promise, rows, violations, examples=[f"{one}: {what}" for one, what in found]
    )
