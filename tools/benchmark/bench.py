"""What a measure is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.benchmark.figure import Figure, medians
from tools.benchmark.progress import Progress
from tools.benchmark.sizes import Sizes


@dataclass(frozen=True)
class Bench:
    """How much to measure, and whom to tell how far it is."""

    sizes: Sizes
    progress: Progress

    def median(self, text: str, run: "Callable[[], list[Figure]]") -> list[Figure]:
        """Runs it as often as was asked for; the median of each figure."""
        return medians(self._run(text, number, run) for number in range(1, self.sizes.repeat + 1))

    def _run(self, text: str, number: int, run: "Callable[[], list[Figure]]") -> list[Figure]:
        times = f" ({number} of {self.sizes.repeat})" if self.sizes.repeat > 1 else ""
        self.progress.step(text + times)
        return run()


@dataclass(frozen=True)
class Findings:
    """What a measure has found; `details` is for `--json` and for the lines below the table."""

    figures: list[Figure]
    details: list[dict[str, Any]] | None = None


Measure = Callable[[Bench], Findings]
