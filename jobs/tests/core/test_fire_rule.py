"""Which of the fire times that are due get a job."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from jobs.core.cron import Cron
from jobs.core.fire_rule import FireDecision, decide_fire, due_times
from jobs.core.recurrence import CronRecurrence, IntervalRecurrence, Recurrence
from jobs.core.zones import zone_named
from jobs.tests.minute_by_minute import DAY, HOUR, MINUTE, NOW

EACH_MINUTE = IntervalRecurrence(60, NOW)
SECOND = timedelta(seconds=1)


def decide(now: datetime, **fields: Any) -> FireDecision:
    known: dict[str, Any] = {
        "due_since": NOW,
        "ends_at": None,
        "missed": "once",
        "overlap": "allow",
        "is_busy": False,
        "was_held": False,
        "grace": MINUTE,
        "at_most": 3,
    }
    return decide_fire(EACH_MINUTE, now=now, **known | fields)


def minute(number: int) -> datetime:
    return NOW + number * MINUTE


def at(*minutes: int) -> list[datetime]:
    return [minute(number) for number in minutes]


@pytest.mark.parametrize("missed", ["skip", "once", "all"])
@pytest.mark.parametrize("overlap", ["allow", "skip", "hold"])
def test_a_fire_time_that_is_due_gets_a_job(missed: str, overlap: str) -> None:
    decision = decide(NOW + SECOND, missed=missed, overlap=overlap)
    assert decision == FireDecision(at(0), minute(1))


@pytest.mark.parametrize(
    ("missed", "overlap", "fires", "following"),
    [
        ("skip", "allow", [], 11),
        ("once", "allow", [10], 11),
        ("all", "allow", [8, 9, 10], 11),
        ("once", "skip", [10], 11),
        ("all", "skip", [10], 11),
        ("once", "hold", [10], 11),
        ("all", "hold", [8], 9),
    ],
)
def test_after_an_outage(missed: str, overlap: str, fires: list[int], following: int) -> None:
    grace = 10 * SECOND
    decision = decide(NOW + 10 * MINUTE + 30 * SECOND, missed=missed, overlap=overlap, grace=grace)
    assert decision.fires == at(*fires)
    assert decision.next_fire_at == minute(following)


def test_skipped_are_those_before_the_last_one_while_that_is_in_its_grace() -> None:
    decision = decide(NOW + 10 * MINUTE + 30 * SECOND, missed="skip")
    assert decision == FireDecision(at(10), minute(11), skipped="missed")


def test_while_the_last_job_runs() -> None:
    now = NOW + SECOND
    assert decide(now, is_busy=True).fires == at(0)
    assert decide(now, is_busy=True, overlap="skip") == FireDecision(
        [], minute(1), skipped="overlap"
    )
    assert decide(now, is_busy=True, overlap="hold") == FireDecision([], NOW, is_held=True)


def test_what_was_held_is_not_missed() -> None:
    late = NOW + 30 * SECOND
    held = {"missed": "skip", "overlap": "hold", "grace": SECOND}
    assert decide(late, **held).fires == []
    assert decide(late, was_held=True, **held).fires == at(0)


def test_what_is_not_due_yet_is_what_follows() -> None:
    assert decide(NOW - SECOND) == FireDecision([], NOW)


def test_nothing_follows_the_end() -> None:
    ends_at = NOW + MINUTE
    assert decide(NOW + SECOND, ends_at=ends_at) == FireDecision(at(0), minute(1))
    assert decide(NOW + MINUTE, ends_at=ends_at).next_fire_at is None
    assert decide(NOW + DAY, ends_at=ends_at, missed="all").fires == at(0, 1)
    assert decide(NOW + SECOND, ends_at=NOW - MINUTE) == FireDecision([], None)


@pytest.mark.parametrize(
    "recurrence",
    [EACH_MINUTE, CronRecurrence(Cron("* * * * *"), zone_named("Europe/Berlin"))],
    ids=["interval", "cron"],
)
def test_the_last_of_very_many_are_found_soon(recurrence: Recurrence) -> None:
    until = NOW + 3_650 * DAY
    last = [until - number * MINUTE for number in (2, 1, 0)]
    assert due_times(recurrence, NOW, until, 3) == last


def test_of_few_all_are_found() -> None:
    rare = CronRecurrence(Cron("0 0 1 1 *"), zone_named("UTC"))
    assert len(due_times(rare, NOW, NOW + 3_650 * DAY, 100)) == 10
    assert due_times(rare, NOW + HOUR, NOW + DAY, 100) == []
