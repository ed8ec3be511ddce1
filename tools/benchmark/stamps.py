"""How long each job took from a moment to its handler: left by `benchmark.stamp`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from tools.waiting import wait_until


class Stamps:
    """A file to which handlers append a line each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def wait_for(self, count: int, timeout_seconds: float = 60.0) -> list[float]:
        """Returns the waits in milliseconds, sorted, once `count` handlers have begun."""
        wait_until(lambda: len(self._lines()) >= count, timeout_seconds, "not every job had begun")
        return sorted(float(line) * 1_000 for line in self._lines())

    def _lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []


@contextmanager
def stamps() -> Iterator[Stamps]:
    """An empty file for one measure."""
    with tempfile.TemporaryDirectory() as directory:
        yield Stamps(Path(directory) / "stamps")


def percentile(values: list[float], percent: int) -> float:
    """Returns the value that `percent` of a hundred values do not exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
