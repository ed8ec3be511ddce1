"""What this process counts as it does it, with labels: in memory that processes of a server share.

A server that forks gives each process a region of its own before the fork, so that none waits for
another; a process that takes the place of one that has ended goes on with its region. So nothing is
lost when a process is recycled or killed, it does not matter which of them is asked, and no file is
left behind. In a process that no server has forked the region is its own, and all there is.
"""

import mmap
import os
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from jobs.core.histogram import BOUNDS, BUCKETS

# More processes than one server has; memory that no process touches takes no room.
REGIONS = 256
# Combinations of labels that one process counts apart: queues, types and sources are few.
SERIES = 512
# Bytes of the name and the labels of one of them.
TEXT_MAX = 247
# What is counted together where there are more combinations than have room.
OTHER = "other"

_VALUE_BYTES = 8
_TEXT_BYTES = TEXT_MAX + 1  # the first byte says how long the text is
_REGION_BYTES = SERIES * (_VALUE_BYTES + _TEXT_BYTES)
_TEXTS_AT = SERIES * _VALUE_BYTES
# Places that are kept for what is counted together.
_KEPT = 32
_BETWEEN = "\x1f"


class Counted(NamedTuple):
    """One counter: `samples` has a total for each combination of labels."""

    name: str
    describes: str
    labels: tuple[str, ...]
    samples: Sequence[tuple[tuple[str, ...], float]]


class Timed(NamedTuple):
    """One histogram: how many values were in each bucket of `jobs.core.histogram` or below it."""

    name: str
    describes: str
    buckets: Sequence[tuple[str, float]]
    seconds: float


JOBS_ENQUEUED = "jobs_enqueued"
JOBS_DEDUPLICATED = "jobs_deduplicated"
ADMIN_ACTIONS = "admin_actions"
DISPATCH_LAG = "jobs_dispatch_lag_seconds"
SCHEDULE_LAG = "jobs_schedule_lag_seconds"

# Combinations that are there before anything was counted, so that a rate begins at 0.
_FIXED: dict[str, list[tuple[str, ...]]] = {
    JOBS_DEDUPLICATED: [("http",), ("redis",), ("postgres",)]
}
_COUNTERS = {
    JOBS_ENQUEUED: ("Jobs whose rows this process has committed.", ("queue", "type", "source")),
    JOBS_DEDUPLICATED: (
        "What was recognised as asked for before: a call, a request for a job, an id from Redis.",
        ("layer",),
    ),
    ADMIN_ACTIONS: ("What people have done, by the action of its event.", ("action",)),
}
_HISTOGRAMS = {
    DISPATCH_LAG: "From the commit of jobs that may run until their ids were in Redis.",
    SCHEDULE_LAG: "From a fire time until its job was committed.",
}


class ProcessCounts:
    """Safe between threads; a count takes 0.5 µs, a value of a histogram 0.8."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._for_child: int | None = None
        self._begin(mmap.mmap(-1, REGIONS * _REGION_BYTES))
        os.register_at_fork(after_in_child=self._after_fork)

    def _begin(self, memory: mmap.mmap, region: int | None = 0) -> None:
        """`region`: None for a process that counts nothing."""
        self._memory = memory
        self._values = memoryview(memory).cast("d")
        self._region = region
        self._places: dict[tuple[str, ...], int] = {}
        self._used = 0
        self._lock = threading.Lock()

    def take_region(self) -> int:
        """A region for the process that is forked next; called by its parent alone."""
        free = (one for one in range(REGIONS) if one not in self._taken)
        region = next(free, REGIONS)
        self._taken.add(region)
        self._for_child = region if region < REGIONS else None
        return region

    def give_back(self, region: int) -> None:
        """The process has ended; what it counted stays. Called by its parent alone."""
        self._taken.discard(region)

    def begin_anew(self) -> None:
        """From now on this process counts for itself, from 0: it is a target of its own."""
        self._taken.clear()
        self._begin(mmap.mmap(-1, REGIONS * _REGION_BYTES))

    def _after_fork(self) -> None:
        """What a handler forks has no region, and no lock that another thread may have held."""
        region, self._for_child = self._for_child, None
        self._begin(self._memory, region)

    def add(self, name: str, labels: tuple[str, ...] = (), by: float = 1) -> None:
        """Counts `by` more of a counter."""
        with self._lock:
            self._add((name, *labels), by)

    def took(self, name: str, seconds: float) -> None:
        """Counts a value of a histogram."""
        with self._lock:
            self._add((name, str(bisect_left(BOUNDS, seconds))), 1)
            self._add((name, "sum"), seconds)

    def counters(self) -> list[Counted]:
        """Every counter, of all processes that share the memory."""
        summed = self._summed()
        return [
            Counted(name, describes, labels, _samples(summed, name))
            for name, (describes, labels) in _COUNTERS.items()
        ]

    def histograms(self) -> list[Timed]:
        """Every histogram, of all processes that share the memory."""
        summed = self._summed()
        limits = [*map(str, BOUNDS), "+Inf"]
        return [
            Timed(
                name,
                describes,
                list(
                    zip(
                        limits,
                        accumulate(summed.get((name, str(one)), 0) for one in range(BUCKETS)),
                        strict=True,
                    )
                ),
                summed.get((name, "sum"), 0.0),
            )
            for name, describes in _HISTOGRAMS.items()
        ]

    def _add(self, key: tuple[str, ...], by: float) -> None:
        if self._region is None:
            return
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._place_of(key)
        if place >= 0:
            self._values[place] += by

    def _place_of(self, key: tuple[str, ...]) -> int:
        """Where a combination is counted, as a number of values; less than 0: nowhere."""
        assert self._region is not None
        if not self._used:
            self._go_on_with(self._region)
            if (known := self._places.get(key)) is not None:
                return known
        text = _BETWEEN.join(key).encode()
        together = (key[0], *[OTHER] * (len(key) - 1))
        has_room = self._used < SERIES - (0 if key == together else _KEPT)
        if len(text) > TEXT_MAX or not has_room:
            if key == together:
                return -1
            if together not in self._places:
                self._places[together] = self._place_of(together)
            return self._places[together]
        number, self._used = self._used, self._used + 1
        at = self._region * _REGION_BYTES + _TEXTS_AT + number * _TEXT_BYTES
        self._memory[at + 1 : at + 1 + len(text)] = text
        self._memory[at] = len(text)  # from now on a reader takes it for whole
        return _first_value(self._region) + number

    def _go_on_with(self, region: int) -> None:
        """Another process may have counted in the region before."""
        first = _first_value(region)
        for number, key in enumerate(self._keys(region)):
            self._places[key] = first + number
            self._used = number + 1

    def _keys(self, region: int) -> Iterator[tuple[str, ...]]:
        first = region * _REGION_BYTES + _TEXTS_AT
        for at in range(first, first + SERIES * _TEXT_BYTES, _TEXT_BYTES):
            length = self._memory[at]
            if not length:
                return
            yield tuple(self._memory[at + 1 : at + 1 + length].decode().split(_BETWEEN))

    def _summed(self) -> dict[tuple[str, ...], float]:
        summed: dict[tuple[str, ...], float] = {}
        for region in range(REGIONS):
            first = _first_value(region)
            for number, key in enumerate(self._keys(region)):
                summed[key] = summed.get(key, 0.0) + self._values[first + number]
        return summed


def _first_value(region: int) -> int:
    return region * _REGION_BYTES // _VALUE_BYTES


def _samples(
    summed: dict[tuple[str, ...], float], name: str
) -> list[tuple[tuple[str, ...], float]]:
    samples = dict.fromkeys(_FIXED.get(name, []), 0.0)
    samples |= {key[1:]: total for key, total in summed.items() if key[0] == name}
    return sorted(samples.items())


process_counts = ProcessCounts()
