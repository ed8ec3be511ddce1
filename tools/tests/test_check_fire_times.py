"""The check of fire times looks at every change of the clocks, and finds what differs."""

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from jobs.core.recurrence import CronRecurrence
from jobs.tests.minute_by_minute import DAY, HOUR, NOW
from tools.check_fire_times import NEAR, YEAR, different, offsets, same_clocks, spans

END = NOW + YEAR
BERLIN = [
    (NOW, HOUR),
    (datetime(2026, 3, 29, 1, tzinfo=UTC), 2 * HOUR),
    (datetime(2026, 10, 25, 1, tzinfo=UTC), HOUR),
]


def test_it_finds_each_change_of_a_zone() -> None:
    assert offsets("Europe/Berlin", END) == BERLIN
    assert offsets("Asia/Kathmandu", END) == [(NOW, timedelta(hours=5, minutes=45))]


def test_zones_that_show_the_same_are_looked_at_once() -> None:
    with ProcessPoolExecutor(1) as processes:
        groups = same_clocks(["Europe/Berlin", "UTC", "Europe/Paris"], END, processes)
    assert groups == {
        ("Europe/Berlin", "Europe/Paris"): ("Europe/Berlin", BERLIN),
        ("UTC",): ("UTC", [(NOW, timedelta(0))]),
    }


def test_it_looks_around_each_change_and_at_days_between() -> None:
    found = spans([moment for moment, _ in BERLIN[1:]], END)
    for change, _ in BERLIN[1:]:
        assert any(first <= change - NEAR and change + NEAR <= last for first, last in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))
    days = sum((last - first) // DAY for first, last in found)
    assert 20 < days < 40


def test_it_says_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    end = NOW + 90 * DAY
    berlin = ("Europe/Berlin", BERLIN[:2])
    assert different(berlin, every_minute=False, end=end) == []
    after = CronRecurrence.after

    def in_the_gap(self: CronRecurrence, moment: datetime) -> datetime | None:
        found = after(self, moment)
        return found + HOUR if found == BERLIN[1][0] else found

    monkeypatch.setattr(CronRecurrence, "after", in_the_gap)
    assert "30 2 * * *" in different(berlin, every_minute=False, end=end)
