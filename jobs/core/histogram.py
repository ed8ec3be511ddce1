"""The buckets in which waits and run times are counted."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

# Upper bounds in seconds: from what nobody notices to an hour. PostgreSQL's `width_bucket` numbers
# the buckets from 0; the last one has no bound.
BOUNDS = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0),
)
BUCKETS = len(BOUNDS) + 1


class Histogram:
    """How many values were in each bucket, and their sum. Not safe between threads."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float] = BOUNDS) -> None:
        """`bounds`: the largest value of each bucket but the last, which has none."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Counts one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def add_all(self, values: list[float]) -> None:
        """Counts many; measured for 200, half of the time of one by one."""
        values.sort()
        self.sum += sum(values)
        below = 0
        for number, bound in enumerate(self.bounds):
            if below == len(values):
                return
            up_to = bisect_right(values, bound, below)
            self.counts[number] += up_to - below
            below = up_to
        self.counts[-1] += len(values) - below


def quantile_seconds(counts: Sequence[int], share: float) -> float | None:
    """Below how many seconds that share (0 to 1) of what was counted lies; None if nothing was.

    `counts`: one number a bucket. Within a bucket all are taken to be spread evenly, so the answer
    is exact to the bucket. What lies in the last one counts as its lower bound.
    """
    total = sum(counts)
    if not total:
        return None
    below = 0.0
    for number, count in enumerate(counts[: len(BOUNDS)]):
        if count and below + count >= share * total:
            lower = BOUNDS[number - 1] if number else 0.0
            return lower + (BOUNDS[number] - lower) * (share * total - below) / count
        below += count
    return BOUNDS[-1]
