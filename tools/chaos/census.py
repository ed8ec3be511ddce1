"""What every process of the service holds over hours: memory, and connections to the servers."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tools.chaos.memory import MEGABYTE, grows, thirds
from tools.chaos.world import World

EVERY_SECONDS = 5.0

# A leak goes on; what filled up in the middle of the run stays as it is.
CONNECTIONS_SHARE, CONNECTIONS_MORE = 1.05, 2.0
# Below that, what processes hold says nothing of hours.
JUDGED_SECONDS = 15 * 60.0

_ESTABLISHED = "01"
_LOCAL, _STATE = 1, 3  # columns of /proc/net/tcp

Sample = tuple[float, float]
"""Seconds since the beginning, and megabytes or connections."""


@dataclass
class Series:
    """What was seen of one thing. `is_judged`: it must not grow; others are only told."""

    is_judged: bool
    samples: list[Sample] = field(default_factory=list)

    @property
    def values(self) -> list[float]:
        return [value for _, value in self.samples]


@dataclass(frozen=True)
class Held:
    """What is sampled: who holds how much at this moment; None while it does not run."""

    is_judged: bool
    of: Callable[[], float | None]


class Census:
    """Samples every five seconds, on a thread, until it is stopped.

    A process that is ended and started again is another one, whose name has its process id.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="census", daemon=True)
        self.memory: dict[str, Series] = {}
        self.connections: dict[str, Series] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            for name, (pid, is_judged) in self._processes().items():
                if megabytes := private_bytes(pid) / MEGABYTE:
                    self._note(self.memory, f"{name} ({pid})", megabytes, is_judged=is_judged)
            for name, port in self._ports().items():
                self._note(self.connections, name, float(connections_at(port)), is_judged=True)

    def _processes(self) -> Mapping[str, tuple[int, bool]]:
        """Servers hold what they are given to hold, so that it is told and not judged."""
        world = self._world
        found = {worker.name: (worker.pid, True) for worker in list(world.crew.workers)}
        if (pid := world.api.pid) is not None:
            found["API"] = (pid, True)
        for server in (world.one_postgres, world.one_redis):
            if server.process is not None:
                found[server.name] = (server.process.pid, False)
        return found

    def _ports(self) -> Mapping[str, int]:
        return {
            server.name: server.port for server in (self._world.one_postgres, self._world.one_redis)
        }

    def _note(
        self, all_series: dict[str, Series], name: str, value: float, *, is_judged: bool
    ) -> None:
        series = all_series.setdefault(name, Series(is_judged))
        series.samples.append((time.monotonic() - self._began, value))


def broken_by(memory: Mapping[str, Series], connections: Mapping[str, Series]) -> list[str]:
    """In words, what grows; nothing while a process has not run for a quarter of an hour."""
    broken = [
        f"memory of {name} grows: {slope_per_hour(one.samples):+.1f} MB an hour"
        for name, one in memory.items()
        if one.is_judged and _lasted(one) and grows(one.values)
    ]
    broken += [
        f"connections to {name} grow: {slope_per_hour(one.samples):+.1f} an hour"
        for name, one in connections.items()
        if one.is_judged and _lasted(one) and leaks(one.values)
    ]
    return broken


def lines_about(memory: Mapping[str, Series], connections: Mapping[str, Series]) -> Iterator[str]:
    """For people: each process that has run for a while, and the connections."""
    for name, one in memory.items():
        if len(one.samples) >= 3:
            yield f"memory of {name}: {_course(one, 'MB')}"
    for name, one in connections.items():
        if len(one.samples) >= 3:
            yield f"connections to {name}: {_course(one, '')}, {max(one.values):.0f} at most"


def slope_per_hour(samples: Sequence[Sample]) -> float:
    """How much more an hour, by least squares over the last two thirds; 0 for fewer than two."""
    late = samples[len(samples) // 3 :]
    if len(late) < 2:
        return 0.0
    mean_time = sum(at for at, _ in late) / len(late)
    mean_value = sum(value for _, value in late) / len(late)
    spread = sum((at - mean_time) ** 2 for at, _ in late)
    if not spread:
        return 0.0
    return 3_600 * sum((at - mean_time) * (value - mean_value) for at, value in late) / spread


def leaks(counts: Sequence[float]) -> bool:
    """Whether there are clearly more connections in the last third than in the one before."""
    if len(counts) < 3:
        return False
    _, middle, end = thirds(counts)
    return median(end) > median(middle) * CONNECTIONS_SHARE + CONNECTIONS_MORE


def private_bytes(pid: int) -> int:
    """Memory that no file backs, of a process and all below it; 0 where it is gone."""
    return sum(map(_anonymous_bytes, [pid, *_below(pid)]))


def connections_at(port: int) -> int:
    """How many connections a server of this machine has at its port."""
    ending = f":{port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[_LOCAL].endswith(ending) and row[_STATE] == _ESTABLISHED for row in rows)


def _course(series: Series, unit: str) -> str:
    first, middle, end = (median(part) for part in thirds(series.values))
    text = " -> ".join(f"{value:.0f}" for value in (first, middle, end))
    return f"{text} {unit}".rstrip() + f" ({slope_per_hour(series.samples):+.1f} an hour)"


def _lasted(series: Series) -> bool:
    return bool(series.samples) and series.samples[-1][0] - series.samples[0][0] >= JUDGED_SECONDS


def _below(pid: int) -> list[int]:
    parents = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                # The name of the program is in brackets and may have any character.
                after_name = (process / "stat").read_text().rpartition(")")[2]
            except OSError:  # it has just ended
                continue
            parents[int(process.name)] = int(after_name.split()[1])
    found: list[int] = []
    new = {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new}
        found += new
    return found


def _anonymous_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    pages = [line for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(pages[0].split()[1]) * 1_024 if pages else 0
