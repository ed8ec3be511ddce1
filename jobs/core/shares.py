"""Whole numbers divided by weights, so that over time every part gets its exact share."""

from collections.abc import Collection, Hashable, Mapping
from math import floor
from typing import Generic, TypeVar

Part = TypeVar("Part", bound=Hashable)


class Shares(Generic[Part]):
    """Divides number after number, and remembers what rounding has left each part owing or owed.

    With weights 6, 3 and 1 ten times a 1 gives 6, 3 and 1, evenly mixed; and a 10 gives the same.
    """

    def __init__(self, weights: Mapping[Part, float]) -> None:
        """`weights`: above 0 each; only how they relate to one another counts."""
        self._weights = dict(weights)
        self._owed: dict[Part, float] = dict.fromkeys(weights, 0.0)

    def divide(self, number: int, among: Collection[Part]) -> dict[Part, int]:
        """The whole part of `number` for each of these parts; together they are `number`."""
        total = sum(self._weights[part] for part in among)
        exact = {part: self._owed[part] + number * self._weights[part] / total for part in among}
        whole = {part: max(0, floor(exact[part])) for part in among}
        while (left := number - sum(whole.values())) != 0:
            step = 1 if left > 0 else -1
            # What is given to the part that misses most, or taken from the one that misses least.
            candidates = [part for part in whole if step > 0 or whole[part] > 0]
            chosen = max(candidates, key=lambda part: step * (exact[part] - whole[part]))
            whole[chosen] += step
        self._owed |= {part: exact[part] - whole[part] for part in among}
        return whole

    def forfeit(self, part: Part) -> None:
        """The part had less to give than its share: it is owed nothing for that."""
        self._owed[part] = min(0.0, self._owed[part])
