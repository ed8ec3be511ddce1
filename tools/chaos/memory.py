"""Measures the memory of workers over time, and judges whether it grows."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tools.chaos.processes import WorkerProcess

EVERY_SECONDS = 2.0
MEGABYTE = 1024 * 1024

# A worker fills its caches and pools in the first minutes; a leak goes on after that.
_SAMPLES_LEAST = 90
_GROWTH_SHARE = 0.03
_GROWTH_MB = 2.0


class Memory:
    """Samples every two seconds, on a thread, until it is stopped."""

    def __init__(self, workers: Sequence[WorkerProcess], file: Path) -> None:
        self._series: dict[WorkerProcess, list[float]] = {worker: [] for worker in workers}
        self._file = file
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="memory", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def grows(self) -> bool:
        """Whether a worker holds clearly more at the end than in the middle."""
        return any(grows(series) for series in self._series.values())

    def report(self) -> str:
        """One line for people."""
        parts = [
            f"{worker.name} {series[0]:.0f} -> {median(thirds(series)[1]):.0f} -> "
            f"{median(thirds(series)[2]):.0f} MB"
            for worker, series in self._series.items()
            if len(series) >= 3
        ]
        if not parts:
            return "memory: this system does not tell"
        enough = all(len(series) >= _SAMPLES_LEAST for series in self._series.values())
        verdict = ("grows" if self.grows() else "flat") if enough else "too short to judge"
        return f"memory (start -> middle -> end): {', '.join(parts)}: {verdict}"

    def _work(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            for worker, series in self._series.items():
                if worker.alive and (rss := worker.rss_bytes()):
                    series.append(rss / MEGABYTE)
            self._note()

    def _note(self) -> None:
        """A line with the latest sample of each worker, for a closer look."""
        latest = [f"{series[-1]:.1f}" if series else "" for series in self._series.values()]
        with self._file.open("a") as file:
            file.write(f"{time.time():.0f},{','.join(latest)}\n")


def grows(series: Sequence[float]) -> bool:
    """Whether the last third lies clearly above the one before. False while it is too short."""
    if len(series) < _SAMPLES_LEAST:
        return False
    _, middle, end = thirds(series)
    return median(end) > median(middle) * (1 + _GROWTH_SHARE) + _GROWTH_MB


def thirds(series: Sequence[float]) -> tuple[Sequence[float], Sequence[float], Sequence[float]]:
    """The beginning, the middle and the end of it."""
    third = len(series) // 3
    return series[:third], series[third : 2 * third], series[2 * third :]
