"""Spans: when attempts ran, and how many at once. Only `read_spans` does I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """One attempt at the job of a name. `ended_at` is None where it never said that it ended."""

    name: str
    job_id: str
    attempt: int
    began_at: float
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Lease:
    """What the tables say about the attempts at one job.

    `errors`: as the job has them; `attempt`, `claimed_at` and `finished_at`: of the last attempt.
    """

    attempt: int
    errors: list[dict[str, Any]]
    claimed_at: datetime | None
    finished_at: datetime | None

    def lost_at(self, attempt: int) -> float | None:
        """When this attempt was taken away, or its failure recorded; None if neither was."""
        for error in self.errors:
            if error.get("attempt") == attempt:
                return datetime.fromisoformat(error["at"]).timestamp()
        if self.attempt > attempt and self.claimed_at is not None:
            return self.claimed_at.timestamp()
        return None


def read_spans(path: Path, prefix: str) -> list[Span]:
    """The spans whose names begin so, as `chaos.span` and `chaos.keyed_span` have written them."""
    if not path.exists():
        return []
    begins: dict[tuple[str, int], tuple[str, float]] = {}
    ends: dict[tuple[str, int], float] = {}
    for line in path.read_text().splitlines():
        what, name, job_id, attempt, at = line.split()
        if not name.startswith(prefix):
            continue
        if what == "begin":
            begins[job_id, int(attempt)] = (name, float(at))
        else:
            ends[job_id, int(attempt)] = float(at)
    return [
        Span(name, job_id, attempt, began_at, ends.get((job_id, attempt)))
        for (job_id, attempt), (name, began_at) in begins.items()
    ]


def held_span(span: Span, lease: Lease) -> tuple[float, float] | None:
    """From when to when the attempt ran while it held its lease; None if it never did."""
    lost_at = lease.lost_at(span.attempt)
    ends = [at for at in (span.ended_at, lost_at) if at is not None]
    if not ends:  # it has not ended, as far as anything says
        finished_at = lease.finished_at
        ends = [finished_at.timestamp() if finished_at else float("inf")]
    return (span.began_at, min(ends)) if span.began_at <= min(ends) else None


def ran_without_lease(span: Span, lease: Lease) -> bool:
    """Whether the attempt began or went on after it had been taken away."""
    lost_at = lease.lost_at(span.attempt)
    return lost_at is not None and max(span.began_at, span.ended_at or 0.0) > lost_at


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """How many of these overlap at the worst moment. One may begin when another one ends."""
    changes = sorted(change for began, ended in spans for change in ((began, 1), (ended, -1)))
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most
