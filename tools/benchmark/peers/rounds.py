"""The turns of one measure: every system has one in each round, first to last and back again."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

from tools.benchmark.against.measures import Answer, Figure
from tools.benchmark.against.spread import Spread, spread
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.peers.driven import Driven
from tools.benchmark.peers.measures import Measure
from tools.benchmark.peers.system import OURS


@dataclass(frozen=True)
class Effort:
    """`count`: how much a turn does, where that is not to be found out."""

    rounds: int
    turn_seconds: float
    count: int | None = None


@dataclass(frozen=True)
class Beside:
    """One figure of all systems, by their names: the medians of their turns.

    `ratios`: what this scheduler does, divided by what each peer does in the same round; turned
    round where less is better. Above 1 this one is better. A system that has no such figure is
    missing.
    """

    name: str
    unit: str
    values: dict[str, float]
    ratios: dict[str, Spread]


LeaveOut = Callable[[Driven, BenchmarkError], None]
"""Told of a system that has given up; it has no further turn. Raises where nothing is left."""


class _Side:
    def __init__(self, measure: Measure, one: Driven, effort: Effort) -> None:
        self._measure = measure
        self._one = one
        self.name = one.system.name
        self.answers: list[Answer] = []
        one.ask("workers", count=measure.workers, slots=measure.slots)
        self.count = self._calibrated(effort)

    def take_turn(self) -> None:
        self.answers.append(self._turn(self.count))

    def value(self, figure: Figure, round_number: int) -> float:
        """Raises KeyError where the system has no such figure."""
        return figure.of(self.count, self.answers[round_number])

    def end(self) -> None:
        self._one.ask("workers", count=0)

    def _turn(self, count: int) -> Answer:
        with self._one.on_turn():
            return self._one.ask(self._measure.question, count=count, **self._measure.parameters)

    def _calibrated(self, effort: Effort) -> int:
        """How much of it takes one turn."""
        measure = self._measure
        count = effort.count or measure.count
        if not measure.calibrated:
            count = min(count, measure.count)
        for _ in range(2):  # the second time, caches are warm
            seconds = float(self._turn(count)["seconds"])
            if measure.calibrated and effort.count is None:
                wanted = count * effort.turn_seconds / seconds
                count = max(1, round(wanted / measure.step)) * measure.step
        return count


def measured_in_rounds(
    measure: Measure, systems: Sequence[Driven], effort: Effort, leave_out: LeaveOut
) -> list[Beside]:
    """Runs the measure for all systems in turns; their first turns warm them up."""
    sides: list[tuple[Driven, _Side]] = []
    for one in list(systems):
        try:
            sides.append((one, _Side(measure, one, effort)))
        except BenchmarkError as error:
            leave_out(one, error)
    for number in range(effort.rounds):
        # Every other round the other way round: a machine that gets slower favours none.
        for one, side in list(sides if number % 2 == 0 else reversed(sides)):
            try:
                side.take_turn()
            except BenchmarkError as error:
                leave_out(one, error)
                sides.remove((one, side))
    for one, side in list(sides):
        try:
            side.end()
        except BenchmarkError as error:
            leave_out(one, error)
            sides.remove((one, side))
    return [_beside(figure, [side for _, side in sides]) for figure in measure.figures]


def _beside(figure: Figure, sides: Sequence[_Side]) -> Beside:
    rounds: dict[str, list[float]] = {}
    for side in sides:
        with suppress(KeyError):
            rounds[side.name] = [side.value(figure, n) for n in range(len(side.answers))]
    ours = rounds.get(OURS.name, [])
    return Beside(
        figure.name,
        figure.unit,
        {name: median(values) for name, values in rounds.items()},
        {
            name: spread(
                [_better(figure, mine, its) for mine, its in zip(ours, values, strict=True)]
            )
            for name, values in rounds.items()
            if ours and name != OURS.name
        },
    )


def _better(figure: Figure, ours: float, its: float) -> float:
    return its / ours if figure.less_is_better else ours / its
