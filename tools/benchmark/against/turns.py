"""The turns of one measure: A B B A, until there are enough pairs."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from tools.benchmark.against.measures import Answer, Figure, Measure, Turn
from tools.benchmark.against.spread import PAIRS_LEAST, Spread, spread
from tools.benchmark.against.version import Version

# Long against the time that one job takes, short against the moods of a machine.
TURN_SECONDS = 1.0


@dataclass(frozen=True)
class Effort:
    """When there are enough pairs: after `seconds` for one measure, or once there are `pairs`.

    `count`: how much one turn does, where that is not to be found out.
    """

    seconds: float
    pairs: int | None = None
    count: int | None = None

    def is_enough(self, pairs: int, elapsed_seconds: float) -> bool:
        """Whether no further pair is wanted."""
        if self.pairs is not None:
            return pairs >= self.pairs
        return pairs >= PAIRS_LEAST and pairs % 2 == 0 and elapsed_seconds >= self.seconds


@dataclass(frozen=True)
class Compared:
    """One figure of both versions: the medians of their turns, and what the pairs say."""

    name: str
    unit: str
    new: float
    old: float
    spread: Spread


@dataclass(frozen=True)
class _Side:
    version: Version
    turn: Turn

    def run(self, count: int) -> Answer:
        with self.version.on_turn():
            return self.turn(count)


def compare_in_turns(
    measure: Measure, new: Version, old: Version, effort: Effort
) -> list[Compared]:
    """Runs the measure for both versions alternately; the first turns of each warm it up."""
    with ExitStack() as stack:
        sides = [
            _Side(version, stack.enter_context(measure.prepare(version))) for version in (new, old)
        ]
        started = time.monotonic()
        count = _calibrated(measure, sides, effort)
        taken: list[list[Answer]] = [[], []]
        while not effort.is_enough(len(taken[0]), time.monotonic() - started):
            # Every other pair the other way round: a machine that gets slower favours neither.
            for number in (0, 1) if len(taken[0]) % 2 == 0 else (1, 0):
                taken[number].append(sides[number].run(count))
    return [_compared(figure, count, *taken) for figure in measure.figures]


def _calibrated(measure: Measure, sides: Sequence[_Side], effort: Effort) -> int:
    """How much of it takes about a second."""
    count = effort.count or measure.count
    if not measure.calibrated:
        count = min(count, measure.count)
    count = max(1, count // measure.step) * measure.step
    for _ in range(2):  # the second time, caches are warm
        seconds = [float(side.run(count)["seconds"]) for side in sides]
        if measure.calibrated and effort.count is None:
            wanted = count * TURN_SECONDS / max(seconds)
            count = max(1, round(wanted / measure.step)) * measure.step
    return count


def _compared(figure: Figure, count: int, new: Sequence[Answer], old: Sequence[Answer]) -> Compared:
    news = [figure.of(count, answer) for answer in new]
    olds = [figure.of(count, answer) for answer in old]
    ratios = [
        old_value / new_value if figure.less_is_better else new_value / old_value
        for new_value, old_value in zip(news, olds, strict=True)
    ]
    return Compared(figure.name, figure.unit, median(news), median(olds), spread(ratios))
