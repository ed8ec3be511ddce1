"""Which moments a schedule fires at: of a cron expression in a zone, or of an interval.

A cron expression names certain times of the day, or means "every so often":

- Certain times (`30 2 * * *`): each fires once a day, whatever the clocks do. A time that does not
  exist on a day, because the clocks go forward, fires at the first moment after the gap. One that
  comes twice, because they go back, fires at the first.
- Every so often (`*/10 * * * *`, `0 */2 * * *`: the hour field is a wildcard or a step): it fires
  at each moment at which the clock fulfils it, so that an hour that comes twice fires twice, and
  one that is left out, not at all. An interval counts seconds, and clocks do not matter to it.
"""

from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from jobs.core.cron import Cron
from jobs.core.zones import first_change, first_moment, moment_at, offset_at, wall_time

_SECOND, _MOMENT = timedelta(seconds=1), timedelta(microseconds=1)
# Longer than any difference between two offsets of a zone.
_MARGIN = timedelta(days=2)


class Recurrence(Protocol):
    """What fires again and again."""

    def after(self, moment: datetime) -> datetime | None:
        """The first fire time after this moment; None if there is none."""
        ...

    def fires_at(self, moment: datetime) -> bool:
        """Whether this moment is a fire time."""
        ...


class IntervalRecurrence:
    """Every `every_seconds`, before and after a moment at which it fires."""

    def __init__(self, every_seconds: float, anchor: datetime) -> None:
        self._every = timedelta(seconds=every_seconds)
        self._anchor = anchor

    def after(self, moment: datetime) -> datetime | None:
        """The first fire time after this moment; none lies before the anchor."""
        if moment < self._anchor:
            return self._anchor
        return self._anchor + ((moment - self._anchor) // self._every + 1) * self._every

    def fires_at(self, moment: datetime) -> bool:
        """Whether this moment is a fire time."""
        return self.after(moment - _MOMENT) == moment


class CronRecurrence:
    """A cron expression, by the clocks of a zone."""

    def __init__(self, cron: Cron, zone: ZoneInfo) -> None:
        self.cron = cron
        self.zone = zone

    def after(self, moment: datetime) -> datetime | None:
        """The first fire time after this moment; None if there is none within 50 years."""
        if self.cron.follows_elapsed_time:
            return self._after_by_elapsed_time(moment)
        return self._after_by_wall_time(moment)

    def fires_at(self, moment: datetime) -> bool:
        """Whether this moment is a fire time. Mostly the clock tells, without a search."""
        wall = wall_time(self.zone, moment)
        if self.cron.follows_elapsed_time or not wall.second == wall.microsecond == 0:
            return self.cron.fits(wall) and wall.second == wall.microsecond == 0
        if self.cron.fits(wall) and first_moment(self.zone, wall) == moment:
            return True
        return self.after(moment - _MOMENT) == moment  # a time that a gap has moved

    def _after_by_wall_time(self, moment: datetime) -> datetime | None:
        wall = self.cron.next_after(wall_time(self.zone, moment))
        while wall is not None:
            # An hour that comes for the second time has had its fire times in the first.
            if (fires_at := first_moment(self.zone, wall)) > moment:
                return fires_at
            wall = self.cron.next_after(wall)
        return None

    def _after_by_elapsed_time(self, moment: datetime) -> datetime | None:
        """Looks from one change of the clocks to the next: between them they run evenly."""
        wall_before = wall_time(self.zone, moment)
        while (wall := self.cron.next_after(wall_before)) is not None:
            fires_at = moment_at(wall, offset_at(self.zone, moment))
            near, nearly_there = moment + _MARGIN, fires_at - _MARGIN
            is_far = near < nearly_there
            change = first_change(self.zone, moment, near if is_far else fires_at)
            if change is None and not is_far:
                return fires_at
            # Nothing fits in the time that is passed over, whether the clocks change or not.
            moment = nearly_there if change is None else change
            wall_before = wall_time(self.zone, moment) - _SECOND
        return None
