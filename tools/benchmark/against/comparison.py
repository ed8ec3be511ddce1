"""bin/benchmark --against: each figure of this version divided by that of the other one."""

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tools.benchmark.against.measures import measures
from tools.benchmark.against.spread import PAIRS_LEAST, TOLERANCE
from tools.benchmark.against.turns import Compared, Effort, compare_in_turns
from tools.benchmark.against.version import files_of_checkout, files_of_commit, version
from tools.benchmark.options import Options
from tools.benchmark.progress import Progress
from tools.terminal import aligned, complain

_HEADINGS = ("figure", "new", "old", "unit", "new : old", "95 % interval", "")
_EXPLANATION = (
    "new : old is the median over pairs of turns, turned round where less is better: above 1.00 "
    "this version is better.\nThe interval encloses that median with a confidence of 95 % (sign "
    f"test). WORSE is by more than {TOLERANCE:.0%} and by more than the interval."
)


@dataclass(frozen=True)
class Comparison:
    """What was found for each figure."""

    commit: str
    compared: Sequence[Compared]

    @property
    def worse(self) -> list[str]:
        """The figures that are worse by more than chance and tolerance explain."""
        return [one.name for one in self.compared if one.spread.is_worse]

    def as_text(self) -> str:
        """For people."""
        return "\n".join(
            [
                f"new: this checkout; old: {self.commit}",
                "",
                *aligned(_HEADINGS, [_row(one) for one in self.compared]),
                "",
                _EXPLANATION,
                self._judgement(),
            ]
        )

    def _judgement(self) -> str:
        if not all(one.spread.enough_pairs for one in self.compared):
            return f"Nothing is judged: that takes {PAIRS_LEAST} pairs of turns."
        return f"Worse: {', '.join(self.worse)}." if self.worse else "No figure is worse."

    def as_json(self) -> str:
        """For machines."""
        return json.dumps([_document(one) for one in self.compared], indent=2)


def compare(options: Options) -> Comparison:
    """Runs this checkout and the commit in turns, each with a database of its own.

    Raises BenchmarkError for an unknown commit, or if a version does not start or gives up.
    """
    assert options.against is not None
    with ExitStack() as stack:
        old_files = stack.enter_context(files_of_commit(options.against))
        new_files = stack.enter_context(files_of_checkout())
        _tell_if_requirements_differ(new_files, old_files)
        new = stack.enter_context(version("new", new_files))
        old = stack.enter_context(version("old", old_files))
        progress = Progress(len(options.only), sys.stderr)
        compared: list[Compared] = []
        for name in options.only:
            progress.begin(name)
            measure = measures(options.sizes.processes)[name]
            compared += compare_in_turns(measure, new, old, _effort(options))
            progress.end()
    return Comparison(options.against, compared)


def _effort(options: Options) -> Effort:
    return Effort(options.seconds_a_measure, options.pairs, options.count)


def _tell_if_requirements_differ(new: Path, old: Path) -> None:
    texts = {(files / "requirements.txt").read_bytes() for files in (new, old)}
    if len(texts) > 1:
        complain("The requirements differ: both versions run with the packages of this checkout.")


def _row(one: Compared) -> tuple[str, ...]:
    found = one.spread
    return (
        one.name,
        _number(one.new),
        _number(one.old),
        one.unit,
        f"{found.ratio:.3f}",
        f"{found.low:.3f} to {found.high:.3f}",
        found.verdict,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _document(one: Compared) -> dict[str, str | float]:
    return {
        "figure": one.name,
        "unit": one.unit,
        "new": one.new,
        "old": one.old,
        "ratio": one.spread.ratio,
        "low": one.spread.low,
        "high": one.spread.high,
        "verdict": one.spread.verdict,
    }
