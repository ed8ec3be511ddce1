"""Charts as SVG that stretches to any width: here the geometry, in templates the elements.

Each chart is 100 high and has a step every 10. Text stands beside it in HTML, where it does not
stretch.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from jobs.services.overview import History, Step
from jobs.templatetags.durations import duration

STEP_WIDTH, HEIGHT = 10.0, 100.0
TIME_LABELS = 5

# Outcomes that are drawn apart, from the bottom up; the others are one colour.
SUCCEEDED, RETRIED, FAILED, OTHER = "succeeded", "retried", "dead", "other"
SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
# Where lines of a logarithmic scale may be, in seconds.
DURATION_TICKS = (0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3_600.0)


class Bar(NamedTuple):
    """A rectangle; `name` says which colour it has."""

    name: str
    x: float
    y: float
    width: float
    height: float


class Line(NamedTuple):
    """A path, with gaps where nothing was measured; `value`: of the whole span, in words."""

    name: str
    path: str
    value: str


class Tick(NamedTuple):
    """A line across the chart, `from_top` of its height (0 to 100), and what it stands for."""

    from_top: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template draws. `hints`: for each step where it is and what is told about it."""

    width: float
    bars: Sequence[Bar]
    lines: Sequence[Line]
    ticks: Sequence[Tick]
    hints: Sequence[tuple[float, str]]
    times: Sequence[datetime]


def throughput_chart(history: History) -> Chart:
    """What has ended in each step, as bars by outcome."""
    most = max((sum(step.ended.values()) for step in history.steps), default=0)
    top = _round_up(most)
    bars = [bar for number, step in enumerate(history.steps) for bar in _bars(number, step, top)]
    ticks = [Tick(0.0, f"{top:,}"), Tick(50.0, f"{top / 2:,.1f}".removesuffix(".0"))]
    return _chart(history, bars, [], ticks, _ended_in_words)


def durations_chart(history: History, kind: str) -> Chart:
    """p50, p95 and p99 of each step as lines, on a logarithmic scale; `kind`: wait or run."""

    def seconds(step: Step, share: float) -> float | None:
        return step.wait_seconds(share) if kind == "wait" else step.run_seconds(share)

    columns = [[seconds(step, share) for step in history.steps] for _, share in SHARES]
    known = [value for column in columns for value in column if value is not None]
    low, high = _scale(known)
    total = history.total.wait_seconds if kind == "wait" else history.total.run_seconds
    lines = [
        Line(name, _path(column, low, high), duration(total(share)))
        for (name, share), column in zip(SHARES, columns, strict=True)
    ]
    ticks = [
        Tick(_from_top(tick, low, high), duration(tick))
        for tick in DURATION_TICKS
        if low <= tick <= high
    ]

    def in_words(step: Step) -> str:
        parts = [f"{name} {duration(seconds(step, share))}" for name, share in SHARES]
        return ", ".join(parts) if seconds(step, 0.5) is not None else "nothing"

    return _chart(history, [], lines, ticks, in_words)


def _chart(
    history: History,
    bars: Sequence[Bar],
    lines: Sequence[Line],
    ticks: Sequence[Tick],
    in_words: Callable[[Step], str],
) -> Chart:
    hints = [
        (number * STEP_WIDTH, f"{step.begins_at:%d %b %H:%M} UTC: {in_words(step)}")
        for number, step in enumerate(history.steps)
    ]
    last = len(history.steps) - 1
    times = [
        history.steps[round(last * one / (TIME_LABELS - 1))].begins_at for one in range(TIME_LABELS)
    ]
    return Chart(len(history.steps) * STEP_WIDTH, bars, lines, ticks, hints, times)


def by_colour(ended: dict[str, int]) -> dict[str, int]:
    """Counts by how they are drawn, in the order from the bottom up."""
    known = {name: ended.get(name, 0) for name in (SUCCEEDED, RETRIED, FAILED)}
    return {**known, OTHER: sum(ended.values()) - sum(known.values())}


def _bars(number: int, step: Step, top: int) -> Iterator[Bar]:
    y = HEIGHT
    for name, count in by_colour(step.ended).items():
        if count:
            # At least a hairline, so that one failure among thousands is seen.
            height = max(count / top * HEIGHT, 1.5)
            y -= height
            yield Bar(name, number * STEP_WIDTH + 1, round(y, 2), STEP_WIDTH - 2, round(height, 2))


def _ended_in_words(step: Step) -> str:
    parts = [f"{count:,} {name}" for name, count in sorted(step.ended.items()) if count]
    return ", ".join(parts) or "nothing"


def _round_up(count: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 ..."""
    if count <= 1:
        return 1
    power = 10 ** math.floor(math.log10(count))
    return int(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= count))


def _scale(known: Sequence[float]) -> tuple[float, float]:
    """The ticks around all values."""
    if not known:
        return DURATION_TICKS[0], DURATION_TICKS[-1]
    below = [tick for tick in DURATION_TICKS if tick <= min(known)] or [DURATION_TICKS[0]]
    above = [tick for tick in DURATION_TICKS if tick >= max(known)] or [DURATION_TICKS[-1]]
    low, high = below[-1], above[0]
    if low == high:
        place = DURATION_TICKS.index(low)
        return (low, DURATION_TICKS[place + 1]) if place == 0 else (DURATION_TICKS[place - 1], high)
    return low, high


def _from_top(seconds: float, low: float, high: float) -> float:
    share = math.log(max(seconds, low) / low) / math.log(high / low)
    return round(HEIGHT * (1 - min(share, 1.0)), 2)


def _path(column: Sequence[float | None], low: float, high: float) -> str:
    parts = []
    for number, value in enumerate(column):
        if value is None:
            continue
        x, y = number * STEP_WIDTH + STEP_WIDTH / 2, _from_top(value, low, high)
        follows = number > 0 and column[number - 1] is not None
        is_alone = not follows and (number + 1 == len(column) or column[number + 1] is None)
        # A value without neighbours is a short line of its own.
        if is_alone:
            parts.append(f"M{x - 3:g} {y:g}L{x + 3:g} {y:g}")
        else:
            parts.append(f"{'L' if follows else 'M'}{x:g} {y:g}")
    return "".join(parts)
