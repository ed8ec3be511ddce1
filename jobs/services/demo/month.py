"""Thirty days of the demonstration: who writes a job at which moment."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from jobs.models import Schedule
from jobs.services.demo.batches import BatchJobs
from jobs.services.demo.calendar import HOUR_MS, HOURS, Calendar, spread
from jobs.services.demo.dead import DeadJobs
from jobs.services.demo.ended import EndedJobs
from jobs.services.demo.failures import FAILURES
from jobs.services.demo.pen import Pen
from jobs.services.demo.schedules import ScheduledJobs, fired_since
from jobs.services.demo.sizes import Sizes

DAY_HOURS = 24

Write = Callable[[int, Any], None]
Entry = tuple[int, Write, Any]


class Month:
    """Knows how many jobs of each sort come in each hour, and writes them day by day."""

    def __init__(self, pen: Pen, sizes: Sizes, schedules: Sequence[Schedule]) -> None:
        calendar = self._calendar = Calendar(pen.ends_ms)
        self._pen, self._batch_size = pen, sizes.batch_size
        self._dead, self.batches = DeadJobs(pen), BatchJobs(pen)
        self._fired = fired_since(list(schedules), calendar.begins_ms, pen.ends_ms - HOUR_MS)
        self._scheduled = ScheduledJobs(pen)
        every_day = calendar.every_day()
        self._streams: list[tuple[list[int], Write, Any]] = [
            (
                spread(sizes.letters_of(failure), _weights(calendar, every_day, failure.hours_ago)),
                self._dead.write,
                failure,
            )
            for failure in FAILURES
        ]
        self._streams.append(
            (spread(sizes.batches, every_day), self.batches.write, sizes.batch_size)
        )
        ended = sizes.ended - len(self._fired)
        self._streams.append((spread(ended, every_day), EndedJobs(pen).write, None))

    def days(self) -> Iterator[list[Entry]]:
        """What is written on each day, in order of time."""
        for first in range(0, HOURS, DAY_HOURS):
            entries = [one for hour in range(first, first + DAY_HOURS) for one in self._hour(hour)]
            begins_ms = self._calendar.begins_ms + first * HOUR_MS
            entries += [
                (ms, self._scheduled.write, schedule)
                for ms, schedule in self._fired
                if begins_ms <= ms < begins_ms + DAY_HOURS * HOUR_MS
            ]
            yield sorted(entries, key=itemgetter(0))

    def _hour(self, hour: int) -> Iterator[Entry]:
        for counts, write, what in self._streams:
            for ms in self._calendar.moments(hour, counts[hour], self._pen.random):
                yield ms, write, what


def _weights(
    calendar: Calendar, every_day: Sequence[float], hours_ago: tuple[int, int] | None
) -> Sequence[float]:
    return every_day if hours_ago is None else calendar.between(*hours_ago)
