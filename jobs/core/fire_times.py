"""The next fire times of a schedule, as people read them: by its clocks, in UTC, and with notes."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from jobs.core.recurrence import CronRecurrence, Recurrence
from jobs.core.zones import comes_twice, offset_at, wall_time

_SECOND = timedelta(seconds=1)


class FireTime(NamedTuple):
    """A moment at which a schedule fires.

    `moment`: in UTC; `local`: the same in the schedule's zone. `note`: what a change of the clocks
    has to do with it, as a sentence; None if nothing.
    """

    moment: datetime
    local: datetime
    note: str | None


def next_fire_times(
    recurrence: Recurrence,
    zone: ZoneInfo,
    after: datetime,
    *,
    count: int,
    ends_at: datetime | None = None,
) -> list[FireTime]:
    """The first `count` fire times after this moment; fewer if the schedule ends before."""
    found: list[FireTime] = []
    before = after
    while len(found) < count:
        moment = recurrence.after(before)
        if moment is None or (ends_at is not None and moment > ends_at):
            break
        note = _note(recurrence, zone, before, moment)
        found.append(FireTime(moment, moment.astimezone(zone), note))
        before = moment
    return found


def _note(recurrence: Recurrence, zone: ZoneInfo, before: datetime, moment: datetime) -> str | None:
    if skipped := _skipped_time(recurrence, zone, moment):
        return (
            f"{skipped:%H:%M} does not exist on this day, because the clocks go forward: "
            "it fires at the first moment after the gap."
        )
    local = moment.astimezone(zone)
    if comes_twice(zone, wall_time(zone, moment)):
        which = "second" if local.fold else "first"
        return (
            f"{local:%H:%M} comes twice on this day, because the clocks go back: this is the "
            f"{which}."
        )
    change = offset_at(zone, moment) - offset_at(zone, before)
    if not change:
        return None
    way = "forward" if change > timedelta(0) else "back"
    return f"The clocks go {way} by {_length(abs(change))} before this."


def _skipped_time(recurrence: Recurrence, zone: ZoneInfo, moment: datetime) -> datetime | None:
    """The time that does not exist, for which this moment stands in; None if there is none."""
    if not isinstance(recurrence, CronRecurrence) or recurrence.cron.follows_elapsed_time:
        return None
    gap = wall_time(zone, moment - _SECOND) + _SECOND
    if gap >= (end := wall_time(zone, moment)):
        return None
    wanted = recurrence.cron.next_after(gap - _SECOND)
    return wanted if wanted is not None and wanted < end else None


def _length(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes % 60:
        return f"{minutes} minutes"
    return "1 hour" if minutes == 60 else f"{minutes // 60} hours"
