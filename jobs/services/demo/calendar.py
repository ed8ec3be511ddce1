"""When the jobs of the demonstration came in: in thirty days that end now, hour by hour."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

HOURS = 30 * 24
HOUR_MS = 3_600_000
MINUTE_MS = 60_000

# How busy each hour of a day is, from midnight UTC on, and a day of the weekend beside a workday.
_BUSY = (
    *(3, 2, 2, 2, 2, 3, 5, 9, 14, 17, 18, 17),
    *(15, 16, 17, 18, 17, 14, 11, 9, 8, 7, 5, 4),
)
_WEEKEND = 0.45

Weights = Sequence[float]


class Calendar:
    """The hours up to a moment, in milliseconds since 1970; the last of them ends there."""

    def __init__(self, ends_ms: int) -> None:
        self.ends_ms = ends_ms
        self.begins_ms = ends_ms - HOURS * HOUR_MS

    def every_day(self) -> Weights:
        """By day more than by night, at the weekend less."""
        weights = []
        for hour in range(HOURS):
            at = datetime.fromtimestamp((self.begins_ms + hour * HOUR_MS) / 1000, UTC)
            weights.append(_BUSY[at.hour] * (_WEEKEND if at.weekday() >= 5 else 1.0))
        return weights

    def between(self, hours_ago: int, until_hours_ago: int) -> Weights:
        """All at the same pace, from so many hours ago until so many hours ago."""
        span = range(HOURS - hours_ago, HOURS - until_hours_ago)
        return [float(hour in span) for hour in range(HOURS)]

    def moments(self, hour: int, count: int, random: Random) -> list[int]:
        """So many moments of one hour, in order and about as far apart."""
        begins = self.begins_ms + hour * HOUR_MS
        step = HOUR_MS / count if count else 0.0
        return [begins + int((number + random.random()) * step) for number in range(count)]


def spread(count: int, weights: Weights) -> list[int]:
    """So many things divided over the hours; whole numbers whose sum is `count`."""
    total, done, seen = sum(weights), 0, 0.0
    counts = []
    for weight in weights:
        seen += weight
        counts.append(round(count * seen / total) - done)
        done += counts[-1]
    return counts


class Stamps:
    """Moments as PostgreSQL reads them. Neighbours share a minute, whose text is kept."""

    def __init__(self) -> None:
        self._minutes: dict[int, str] = {}

    def __call__(self, ms: int) -> str:
        minute, rest = divmod(ms, MINUTE_MS)
        text = self._minutes.get(minute)
        if text is None:
            if len(self._minutes) > 10_000:
                self._minutes.clear()
            at = datetime.fromtimestamp(minute * 60, UTC)
            text = self._minutes[minute] = f"{at:%Y-%m-%d %H:%M}:"
        return f"{text}{rest / 1000:06.3f}+00"
