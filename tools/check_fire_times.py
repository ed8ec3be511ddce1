"""Compares fire times with what the clocks show each minute: all zones, ten years, in minutes.

    python -m tools.check_fire_times [--years 10] [--every-minute] [zone ...]

Zones whose clocks show the same in that time are looked at once. Two days before and after each
change of the clocks every minute is looked at, and of the rest, where clocks run evenly, one day in
seventeen, so that every weekday and day of the month has its turn; with `--every-minute` all of it,
which takes hours for all zones.

The oracle (`jobs/tests/minute_by_minute.py`) shares no code with the product.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from jobs.core.cron import Cron
from jobs.core.recurrence import CronRecurrence
from jobs.management.option_types import whole_number
from jobs.tests.minute_by_minute import (
    DAY,
    HOUR,
    NOW,
    Fields,
    change_within,
    clock,
    fire_times,
    zones,
)

EXPRESSIONS = [
    "30 2 * * *",
    "0 0 * * *",
    "*/20 0,1,2,3,23 * * *",
    "59 1,2 * * 0,6",
    "*/15 * * * *",
    "0 */2 * * *",
    "30 */6 1,15 * 1",
]
YEAR = 365 * DAY
# Before and after each change of the clocks.
NEAR = 2 * DAY
# Of the days far from any change, one in so many; it has no factor in common with a week.
SAMPLE = 17 * DAY
# How often the offset of a zone is asked for, to find its changes; none is there for less.
STEP = 3 * HOUR
MOMENT = timedelta(microseconds=1)

Span = tuple[datetime, datetime]
Change = tuple[datetime, timedelta]
"""The moment from which a zone's clocks have another offset, and that offset."""


def main() -> int:
    """Prints each group of zones, and what differs; 1 if anything does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("zones", nargs="*", help="all of the tz database by default")
    parser.add_argument("--years", type=whole_number(1, 100), default=10)
    parser.add_argument("--every-minute", action="store_true", help="also far from changes; hours")
    options = parser.parse_args()
    if unknown := sorted(set(options.zones) - set(all_zones())):
        parser.error(f"{unknown[0][:80]!r} is no zone of the tz database, such as Europe/Berlin")
    end = NOW + options.years * YEAR
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        groups = same_clocks(options.zones or all_zones(), end, processes)
        check = partial(different, every_minute=options.every_minute, end=end)
        failed = 0
        for names, wrong in zip(groups, processes.map(check, groups.values()), strict=True):
            failed += bool(wrong)
            said = "differs: " + ", ".join(wrong) if wrong else "ok"
            print(f"{names[0]} and {len(names) - 1} more: {said}", flush=True)
    print(f"{sum(map(len, groups))} zones, {len(groups)} different clocks, {failed} differ")
    return 1 if failed else 0


def all_zones() -> list[str]:
    """Every name of the tz database."""
    return sorted(name for names in zones().values() for name in names)


def same_clocks(
    names: list[str], end: datetime, processes: ProcessPoolExecutor
) -> dict[tuple[str, ...], tuple[str, list[Change]]]:
    """Zones that show the same until `end`; each group with the first of them, and its changes."""
    groups: dict[tuple[Change, ...], list[str]] = {}
    seen = processes.map(partial(offsets, end=end), names, chunksize=8)
    for name, found in zip(names, seen, strict=True):
        groups.setdefault(tuple(found), []).append(name)
    return {tuple(group): (group[0], list(found)) for found, group in groups.items()}


def offsets(name: str, end: datetime) -> list[Change]:
    """The offset of a zone at the beginning, and each change of it."""
    zone, moment = ZoneInfo(name), NOW
    found = [(NOW, _offset(zone, NOW))]
    while moment < end:
        if _offset(zone, moment + STEP) != found[-1][1]:
            change = change_within(zone, moment)
            found.append((change, _offset(zone, change)))
        moment += STEP
    return found


def different(
    zone_and_changes: tuple[str, list[Change]], *, every_minute: bool, end: datetime
) -> list[str]:
    """The expressions that do not fire as the clocks say."""
    name, changes = zone_and_changes
    zone, wrong = ZoneInfo(name), set()
    moments = [moment for moment, _ in changes[1:]]
    for first, last in years(end) if every_minute else spans(moments, end):
        seen = clock(zone, first, last)
        wrong |= {
            one
            for one in EXPRESSIONS
            if fired(one, zone, first, last) != fire_times(Fields(one), seen)
        }
    return sorted(wrong)


def spans(changes: Iterable[datetime], end: datetime) -> list[Span]:
    """Whole days around the changes, and one day in seventeen; in order, and none twice."""
    days = {NOW + number * SAMPLE for number in range((end - NOW) // SAMPLE)}
    for change in changes:
        first = NOW + (change - NEAR - NOW) // DAY * DAY
        days |= {first + number * DAY for number in range(2 * NEAR // DAY + 1)}
    found: list[Span] = []
    for day in sorted(days):
        if found and found[-1][1] == day:
            found[-1] = (found[-1][0], day + DAY)
        else:
            found.append((day, day + DAY))
    return found


def years(end: datetime) -> list[Span]:
    """All the time, in pieces of a year, so that a zone takes some 100 MB."""
    return [
        (NOW + number * YEAR, NOW + (number + 1) * YEAR) for number in range((end - NOW) // YEAR)
    ]


def fired(expression: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """The fire times from start to end, as the product has them."""
    recurrence = CronRecurrence(Cron(expression), zone)
    found: list[datetime] = []
    moment = recurrence.after(start - MOMENT)
    while moment is not None and moment < end:
        found.append(moment)
        moment = recurrence.after(moment)
    return found


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


if __name__ == "__main__":
    sys.exit(main())
