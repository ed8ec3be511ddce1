"""An oracle for fire times that shares nothing with the product: it looks at each minute's clock.

It knows numbers, lists, `*` and `*/n`, which is enough to say when a clock fits an expression.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]

Clock = list[tuple[datetime, datetime]]
"""Moments in UTC, a minute apart, and what the zone's clock shows at each."""


class Fields:
    """The five fields as sets of numbers, by Debian's rules."""

    def __init__(self, expression: str) -> None:
        texts = expression.split()
        self.minutes, self.hours, self.days, self.months, self.weekdays = [
            numbers(text, *limits) for text, limits in zip(texts, RANGES, strict=True)
        ]
        self.is_every_so_often = "*" in texts[1]
        self.needs_both = texts[2].startswith("*") or texts[4].startswith("*")

    def fit(self, wall: datetime) -> bool:
        if wall.minute not in self.minutes or wall.hour not in self.hours:
            return False
        in_month = wall.day in self.days
        in_week = bool({wall.isoweekday(), wall.isoweekday() % 7} & self.weekdays)
        day_fits = in_month and in_week if self.needs_both else in_month or in_week
        return day_fits and wall.month in self.months


def numbers(text: str, first: int, last: int) -> set[int]:
    found: set[int] = set()
    for term in text.split(","):
        span, _, step = term.partition("/")
        if span == "*":
            found |= set(range(first, last + 1, int(step or 1)))
        else:
            found.add(int(span))
    return found


def clock(zone: ZoneInfo, start: datetime, end: datetime) -> Clock:
    """The clock of each whole minute from start to end."""
    count = (end - start) // MINUTE
    moments = [start + number * MINUTE for number in range(count)]
    return [(moment, moment.astimezone(zone).replace(tzinfo=None, fold=0)) for moment in moments]


def fire_times(fields: Fields, seen: Clock) -> list[datetime]:
    """When an expression fires, while this clock is looked at."""
    if fields.is_every_so_often:
        return [moment for moment, wall in seen if fields.fit(wall)]
    # The first moment at which the clock has reached a wanted time, or has gone past it.
    reached: list[datetime] = []
    for _, wall in seen:
        reached.append(max(wall, reached[-1]) if reached else wall)
    times = {
        seen[bisect_left(reached, wanted)][0]
        for wanted in each_minute(reached[0], reached[-1])
        if fields.fit(wanted)
    }
    return sorted(times)


def each_minute(first: datetime, last: datetime) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += MINUTE


@cache
def zones() -> dict[str, list[str]]:
    """All zones of the tz database; those that are the same file go by the first of their names."""
    same: dict[bytes, list[str]] = {}
    for name in sorted(available_timezones()):
        files = [Path(folder, name) for folder in TZPATH]
        content = next((file.read_bytes() for file in files if file.is_file()), name.encode())
        same.setdefault(content, []).append(name)
    return {names[0]: names for names in same.values()}


def changes(zone: ZoneInfo, start: datetime, years: int) -> list[datetime]:
    """The days (each by its beginning in UTC) within which the zone's clocks change."""
    days = [start + number * DAY for number in range(366 * years)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    return [days[n] for n in range(len(days) - 1) if offsets[n] != offsets[n + 1]]


def change_within(zone: ZoneInfo, day: datetime) -> datetime:
    """The minute of the change in that day."""
    before = day.astimezone(zone).utcoffset()
    return next(
        moment
        for moment in (day + number * MINUTE for number in range(1, 24 * 60 + 1))
        if moment.astimezone(zone).utcoffset() != before
    )


NOW = datetime(2026, 1, 1, tzinfo=UTC)
