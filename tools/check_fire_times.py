"""Compares fire times with what the clocks show each minute: all zones, ten years. Takes hours.

    python -m tools.check_fire_times [--years 10] [zone ...]

The oracle (`jobs/tests/minute_by_minute.py`) shares no code with the product. The tests do the same
around some changes of each zone, in seconds.
"""

import argparse
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from jobs.core.cron import Cron
from jobs.core.recurrence import CronRecurrence
from jobs.tests.minute_by_minute import DAY, NOW, Fields, clock, fire_times, zones

EXPRESSIONS = [
    "30 2 * * *",
    "0 0 * * *",
    "*/20 0,1,2,3,23 * * *",
    "59 1,2 * * 0,6",
    "*/15 * * * *",
    "0 */2 * * *",
    "30 */6 1,15 * 1",
]
# Minutes are looked at in pieces, so that a zone takes some 100 MB.
PIECE = 365 * DAY
MOMENT = timedelta(microseconds=1)


def main() -> int:
    """Prints each zone, and what differs; 1 if anything does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("zones", nargs="*", help="all of the tz database by default")
    parser.add_argument("--years", type=int, default=10)
    options = parser.parse_args()
    failed = 0
    for name in options.zones or zones():
        different = [
            expression
            for number in range(options.years)
            for expression in _different(name, NOW + number * PIECE)
        ]
        failed += len(different)
        print(name, "differs: " + ", ".join(different) if different else "ok", flush=True)
    return 1 if failed else 0


def _different(name: str, start: datetime) -> list[str]:
    """The expressions that do not fire as the clocks say in the year from `start`."""
    zone, end = ZoneInfo(name), start + PIECE
    seen = clock(zone, start, end)
    return [
        one for one in EXPRESSIONS if _fired(one, zone, start, end) != fire_times(Fields(one), seen)
    ]


def _fired(expression: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    recurrence = CronRecurrence(Cron(expression), zone)
    found: list[datetime] = []
    moment = recurrence.after(start - MOMENT)
    while moment is not None and moment < end:
        found.append(moment)
        moment = recurrence.after(moment)
    return found


if __name__ == "__main__":
    sys.exit(main())
