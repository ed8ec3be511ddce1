"""What a run of schemathesis has found."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Report:
    """One run. `text`: what schemathesis printed, with what to send to see each failure again."""

    name: str
    status: int
    seconds: float
    cases: int
    operations: int
    failures: int
    text: str

    @property
    def is_good(self) -> bool:
        """Whether it went through all, and found nothing."""
        return self.status == 0 and self.cases > 0 and self.operations > 0


def read_report(name: str, status: int, seconds: float, path: Path, text: str) -> Report:
    """The figures of a run; none where it ended before it wrote any."""
    told: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    cases = told.get("test_cases") or {}
    operations = told.get("operations") or {}
    return Report(
        name=name,
        status=status,
        seconds=seconds,
        cases=cases.get("generated", 0),
        operations=operations.get("tested", 0),
        failures=cases.get("unique_failures", 0),
        text=text,
    )
