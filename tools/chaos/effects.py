"""Effects: what the jobs did in the outside world."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect that happened. `name` says which: it is to happen once."""

    name: str
    job_id: str
    at: float
    how: str  # for people: what happened


def appended(path: Path) -> list[Effect]:
    """The lines that `chaos.append` left."""
    if not path.exists():
        return []
    lines = (line.split() for line in path.read_text().splitlines())
    return [
        Effect(name, job_id, float(at), f"line written by attempt {attempt}")
        for name, job_id, attempt, at in lines
    ]


def by_name(effects: Iterable[Effect]) -> dict[str, list[Effect]]:
    """The effects of each name."""
    found: dict[str, list[Effect]] = {}
    for effect in effects:
        found.setdefault(effect.name, []).append(effect)
    return found
