"""The next fire times as people read them."""

from datetime import UTC, datetime

from jobs.core.cron import Cron
from jobs.core.fire_times import next_fire_times
from jobs.core.recurrence import CronRecurrence, IntervalRecurrence
from jobs.core.zones import zone_named
from jobs.tests.minute_by_minute import DAY, HOUR

BERLIN = zone_named("Europe/Berlin")
SPRING, AUTUMN = datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 10, 31, tzinfo=UTC)


def read(expression: str, after: datetime) -> list[tuple[str, str | None]]:
    recurrence = CronRecurrence(Cron(expression), BERLIN)
    found = next_fire_times(recurrence, BERLIN, after, count=3)
    assert all(one.moment == one.local.astimezone(UTC) for one in found)
    return [(f"{one.local:%d %H:%M %z}", one.note) for one in found]


def test_a_time_that_does_not_exist_is_noted() -> None:
    [(first, no_note), (gap, note), (_, later)] = read("30 2 * * *", SPRING - DAY)
    assert (first, no_note, gap, later) == ("27 02:30 +0100", None, "28 03:00 +0200", None)
    assert note is not None
    assert note.startswith("02:30 does not exist on this day")


def test_a_time_that_comes_twice_is_noted() -> None:
    [_, (first, note), (_, later)] = read("30 2 * * *", AUTUMN - DAY)
    assert first == "31 02:30 +0200"
    assert note is not None
    assert note.endswith("this is the first.")
    assert later == "The clocks go back by 1 hour before this."


def test_both_times_of_what_follows_elapsed_time_are_noted() -> None:
    [_, (first, of_first), (second, of_second)] = read("30 * * * *", AUTUMN - HOUR)
    assert (first, second) == ("31 02:30 +0200", "31 02:30 +0100")
    assert of_first is not None
    assert of_second is not None
    assert (of_first[-10:], of_second[-7:]) == ("the first.", "second.")


def test_a_change_between_two_fire_times_is_noted() -> None:
    notes = [note for _, note in read("0 7 * * *", SPRING - DAY)]
    assert notes == [None, "The clocks go forward by 1 hour before this.", None]


def test_none_lie_after_the_end() -> None:
    every = IntervalRecurrence(60, SPRING)
    found = next_fire_times(every, BERLIN, SPRING, count=5, ends_at=SPRING + HOUR / 30)
    assert len(found) == 2
    assert found[0].note is None
