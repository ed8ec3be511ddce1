"""One measured number, and the limit that was measured beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from tools.benchmark.targets import TARGETS


@dataclass(frozen=True)
class Figure:
    """A value; `raw` is what the servers alone, or an empty view, did at the same time."""

    name: str
    value: float
    unit: str
    raw: float | None = None
    raw_name: str = ""
    ratio: float | None = None

    def __post_init__(self) -> None:
        if self.raw and self.ratio is None:
            object.__setattr__(self, "ratio", self.value / self.raw)

    @property
    def verdicts(self) -> list[str]:
        """One for each target of this figure."""
        return [target.verdict(of) for target, of in self._judged()]

    @property
    def misses(self) -> bool:
        return any(not target.is_met(of) for target, of in self._judged())

    def as_json(self) -> dict[str, Any]:
        """The same in plain values."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "raw": None if self.raw is None else round(self.raw, 3),
            "raw_name": self.raw_name,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "verdicts": self.verdicts,
        }

    def _judged(self) -> "list[tuple[Any, float]]":
        pairs = [
            (target, self.value if target.of == "value" else self.ratio)
            for target in TARGETS.get(self.name, ())
        ]
        return [(target, of) for target, of in pairs if of is not None]


def medians(runs: Iterable[list[Figure]]) -> list[Figure]:
    """One figure for each name, in the order of their first appearance."""
    by_name: dict[str, list[Figure]] = {}
    for run in runs:
        for figure in run:
            by_name.setdefault(figure.name, []).append(figure)
    return [_median(figures) for figures in by_name.values()]


def _median(figures: list[Figure]) -> Figure:
    """Ratios have a median of their own: each compares what ran side by side."""
    raws = [figure.raw for figure in figures if figure.raw is not None]
    ratios = [figure.ratio for figure in figures if figure.ratio is not None]
    return replace(
        figures[0],
        value=median(figure.value for figure in figures),
        raw=median(raws) if raws else None,
        ratio=median(ratios) if ratios else None,
    )
