"""What pairs of turns say of a figure: the median of their ratios, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import median

# How much worse a figure may be: differences below it do not matter to users.
TOLERANCE = 0.03
CONFIDENCE = 0.95
# With fewer pairs not even the extremes enclose the median with that confidence: 1 - 2 / 2**5.
PAIRS_LEAST = 6


@dataclass(frozen=True, slots=True)
class Spread:
    """A ratio of 1.05 means 5 % better than the other version, whichever way is better.

    `low` and `high` enclose the median with at least 95 % confidence, if there were enough pairs.
    """

    ratio: float
    low: float
    high: float
    enough_pairs: bool = True

    @property
    def is_worse(self) -> bool:
        """Worse by more than the tolerance, and by more than chance explains."""
        return self.enough_pairs and self.ratio < 1 - TOLERANCE and self.high < 1

    @property
    def is_better(self) -> bool:
        """Better by more than the tolerance, and by more than chance explains."""
        return self.enough_pairs and self.ratio > 1 + TOLERANCE and self.low > 1

    @property
    def verdict(self) -> str:
        """For people."""
        if not self.enough_pairs:
            return "too few turns"
        if self.is_worse:
            return "WORSE"
        return "better" if self.is_better else "equal"


def spread(ratios: Sequence[float]) -> Spread:
    """The median of the ratios, and an interval for it that assumes nothing of their distribution.

    The k-th smallest and the k-th largest of n values enclose the median with a probability of
    1 - 2 P(B < k), where B is binomial with n trials of 1/2 (the sign test turned around; for
    example W. J. Conover, Practical Nonparametric Statistics, section 3.2). The narrowest pair
    that reaches 95 % is taken; where none does, the extremes.
    """
    ordered = sorted(ratios)
    rank = _rank(len(ordered))
    return Spread(
        median(ordered), ordered[rank - 1], ordered[-rank], enough_pairs=len(ordered) >= PAIRS_LEAST
    )


def _rank(count: int) -> int:
    rank, below = 1, 1 / 2**count
    while True:
        below += comb(count, rank) / 2**count
        if 1 - 2 * below < CONFIDENCE or rank + 1 > (count + 1) // 2:
            return rank
        rank += 1
