"""When schedules fire, in all zones of the tz database, against an oracle that asks each minute."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.core.cron import Cron
from jobs.core.recurrence import CronRecurrence, IntervalRecurrence, Recurrence
from jobs.tests.minute_by_minute import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Fields,
    change_within,
    changes,
    clock,
    fire_times,
    zones,
)

YEARS = 10
MOMENT = timedelta(microseconds=1)


def fired(recurrence: Recurrence, start: datetime, end: datetime) -> list[datetime]:
    """All fire times from start to just before end."""
    found: list[datetime] = []
    moment = recurrence.after(start - MOMENT)
    while moment is not None and moment < end:
        found.append(moment)
        assert recurrence.fires_at(moment)
        assert not recurrence.fires_at(moment + MOMENT)
        moment = recurrence.after(moment)
    return found


def expressions_near(wall: datetime) -> Iterator[str]:
    """Certain times in, at and beside what the clocks leave out or repeat; and every so often."""
    hours = [(wall.hour + more) % 24 for more in (-1, 0, 1)]
    yield f"{wall.minute} {hours[1]} * * *"
    yield f"{(wall.minute + 30) % 60} {hours[0]},{hours[1]},{hours[2]} * * *"
    yield f"*/20 {hours[0]} * * *"
    yield f"15 {hours[0]},{hours[1]} {wall.day} * {wall.isoweekday()}"
    yield "*/15 * * * *"
    yield "5 */2 * * *"


def differences(name: str, change: datetime, margin: timedelta) -> list[str]:
    """Expressions that do not fire as each minute of the clock says, around a change."""
    zone = ZoneInfo(name)
    start, end = change - margin, change + margin
    seen = clock(zone, start, end)
    walls = {seen[len(seen) // 2 - 1][1], seen[len(seen) // 2][1]}
    return [
        f"{expression} in {name} around {change}: {got} instead of {wanted}"
        for expression in sorted({one for wall in walls for one in expressions_near(wall)})
        # The oracle does not know the end of the last time that it sees.
        if (got := fired(CronRecurrence(Cron(expression), zone), start, end))
        != (wanted := fire_times(Fields(expression), seen))
    ]


def test_every_change_of_every_zone_in_ten_years() -> None:
    found, looked_at = [], 0
    for name in zones():
        zone = ZoneInfo(name)
        # A zone's changes recur by few rules, so a year of them and one of a later year is much.
        # All of them take ten times as long: `python -m tools.check_fire_times`.
        days = changes(zone, NOW, YEARS)
        for day in {*days[:2], *random.Random(name).sample(days, min(1, len(days)))}:
            looked_at += 1
            found += differences(name, change_within(zone, day), 3 * HOUR)
    assert looked_at > 300
    assert found == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # a whole day is left out
        ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC)),
        ("America/Sitka", datetime(1983, 10, 30, 10, tzinfo=UTC)),  # two hours back
        ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, tzinfo=UTC)),  # half an hour
        ("Africa/Casablanca", datetime(2027, 2, 7, 2, tzinfo=UTC)),  # back for a month
        ("America/Havana", datetime(2027, 11, 7, 5, tzinfo=UTC)),  # at midnight
        ("Antarctica/Troll", datetime(2027, 3, 28, 1, tzinfo=UTC)),  # two hours
        ("Europe/Volgograd", datetime(2020, 12, 26, 23, tzinfo=UTC)),  # another zone from then on
    ],
)
def test_unusual_changes(name: str, change: datetime) -> None:
    assert differences(name, change, 3 * DAY) == []


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("Europe/Berlin", "30 2 * * *"),
        ("Africa/Casablanca", "0 */3 * * *"),
        ("Australia/Lord_Howe", "45 1,2,23 */9 * 1"),
    ],
)
def test_every_minute_of_a_year(name: str, expression: str) -> None:
    zone, end = ZoneInfo(name), NOW + 365 * DAY
    wanted = fire_times(Fields(expression), clock(zone, NOW, end))
    assert fired(CronRecurrence(Cron(expression), zone), NOW, end) == wanted


BERLIN_CHANGES = [datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)]


@settings(max_examples=40, deadline=None)
@given(
    change=st.sampled_from(BERLIN_CHANGES),
    minutes=st.sampled_from(["*", "*/7", "0", "59", "0,30", "17,18"]),
    hours=st.sampled_from(["*", "*/2", "*/5", "0", "1,2", "2", "2,3", "3", "23"]),
    days=st.sampled_from(["*", "*/2", "28", "31", "1,27"]),
    weekdays=st.sampled_from(["*", "0", "7", "1,6", "*/3"]),
)
def test_fields_of_every_kind(
    change: datetime, minutes: str, hours: str, days: str, weekdays: str
) -> None:
    expression = f"{minutes} {hours} {days} * {weekdays}"
    zone, start, end = ZoneInfo("Europe/Berlin"), change - DAY, change + DAY
    wanted = fire_times(Fields(expression), clock(zone, start, end))
    assert fired(CronRecurrence(Cron(expression), zone), start, end) == wanted


def local(expression: str, start: datetime, count: int) -> list[str]:
    zone = ZoneInfo("Europe/Berlin")
    found: list[str] = []
    moment: datetime | None = start
    for _ in range(count):
        assert moment is not None
        moment = CronRecurrence(Cron(expression), zone).after(moment)
        assert moment is not None
        found.append(f"{moment.astimezone(zone):%d %H:%M %z}")
    return found


SPRING, AUTUMN = (change - 3 * HOUR for change in BERLIN_CHANGES)


def test_a_time_that_does_not_exist_fires_at_the_first_moment_after_the_gap() -> None:
    assert local("30 2 * * *", SPRING, 2) == ["28 03:00 +0200", "29 02:30 +0200"]
    # What is meant for that moment is not another fire time.
    assert local("0,30 2,3 * * *", SPRING, 3) == [
        "28 03:00 +0200",
        "28 03:30 +0200",
        "29 02:00 +0200",
    ]


def test_a_time_that_comes_twice_fires_once_at_the_first() -> None:
    assert local("30 2 * * *", AUTUMN, 2) == ["31 02:30 +0200", "01 02:30 +0100"]
    assert local("*/30 2 * * *", AUTUMN, 3) == [
        "31 02:00 +0200",
        "31 02:30 +0200",
        "01 02:00 +0100",
    ]


@pytest.mark.parametrize("hours", ["*", "*/1", "0-23/1", "0-23"])
def test_every_so_often_follows_elapsed_time(hours: str) -> None:
    assert local(f"30 {hours} * * *", AUTUMN + HOUR, 4) == [
        "31 01:30 +0200",
        "31 02:30 +0200",
        "31 02:30 +0100",
        "31 03:30 +0100",
    ]
    assert local(f"30 {hours} * * *", SPRING + HOUR, 3) == [
        "28 00:30 +0100",
        "28 01:30 +0100",
        "28 03:30 +0200",
    ]


def test_rare_times_are_found_however_far_they_are() -> None:
    utc = ZoneInfo("UTC")
    leap = CronRecurrence(Cron("0 0 29 2 *"), utc).after(datetime(2097, 1, 1, tzinfo=UTC))
    assert leap == datetime(2104, 2, 29, tzinfo=UTC)
    often = CronRecurrence(Cron("0 */6 * 2 MON#5"), ZoneInfo("Europe/Berlin")).after(NOW)
    assert often == datetime(2044, 2, 28, 23, tzinfo=UTC)


def test_a_moment_is_a_fire_time_only_if_the_oracle_says_so() -> None:
    zone, change = ZoneInfo("Europe/Berlin"), BERLIN_CHANGES[1]
    for expression in ("30 2 * * *", "*/20 2,3 * * *", "0 */2 * * *", "*/7 * * * *"):
        recurrence = CronRecurrence(Cron(expression), zone)
        for start in BERLIN_CHANGES:
            seen = clock(zone, start - 3 * HOUR, start + 3 * HOUR)
            wanted = fire_times(Fields(expression), seen)
            assert [moment for moment, _ in seen if recurrence.fires_at(moment)] == wanted
    assert not IntervalRecurrence(60, change).fires_at(change + MINUTE / 2)


def test_an_interval_counts_seconds_whatever_the_clocks_do() -> None:
    anchor = BERLIN_CHANGES[0] - HOUR
    every = IntervalRecurrence(5_400, anchor)
    assert fired(every, anchor - DAY, anchor + 5 * HOUR) == [
        anchor + number * 90 * MINUTE for number in range(4)
    ]


@pytest.mark.parametrize("seconds", [1, 1.5, 0.3 * 10, 86_400 * 366])
def test_an_interval_does_not_drift(seconds: float) -> None:
    every = IntervalRecurrence(seconds, NOW)
    far = NOW + 1_000_003 * timedelta(seconds=1)
    moment = every.after(far)
    assert moment is not None
    assert (moment - NOW) % timedelta(seconds=seconds) == timedelta(0)
    assert far < moment <= far + timedelta(seconds=seconds)
