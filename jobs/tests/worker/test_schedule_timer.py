"""The worker looks when a schedule is due, not before, and never later than a second from now."""

import threading
from contextlib import suppress
from typing import cast

import pytest
from django.db import OperationalError

from jobs.services.maintenance.fire_schedules import FireRound
from jobs.services.schedules.prepared import PreparedFires
from jobs.services.standing_work import StandingWork
from jobs.tests.fake_clock import FakeClock
from jobs.tests.standing import NOTHING
from jobs.worker import schedule_timer
from jobs.worker.schedule_timer import FIRE_SECONDS, LOOK_SECONDS, ScheduleTimer


class Rounds:
    """Stands in for the database: what each look finds, and when it was made."""

    def __init__(self, clock: FakeClock, *rounds: FireRound | Exception) -> None:
        self._clock = clock
        self._rounds = list(rounds)
        self.looks: list[float] = []

    def __call__(self) -> FireRound:
        self.looks.append(round(self._clock.now - 1_000, 3))
        found = self._rounds.pop(0) if self._rounds else FireRound()
        if isinstance(found, Exception):
            raise found
        return found


class NothingPrepared:
    """Stands in for what the worker prepares; `calls` are what was asked of it."""

    def __init__(self) -> None:
        self.calls: list[str | int] = []

    def look_ahead(self) -> None:
        self.calls.append("look ahead")

    def prepare(self, count: int) -> None:
        self.calls.append(count)

    def fire(self) -> int:
        self.calls.append("fire")
        return 0


class Said:
    """Stands in for what PostgreSQL said a moment ago of all schedules; None: nothing lately."""

    def __init__(self, seconds_to_schedule: float | None = None, *, lately: bool = False) -> None:
        standing = NOTHING._replace(seconds_to_schedule=seconds_to_schedule)
        self.latest = standing if lately else None


def timer_of(
    clock: FakeClock,
    stop: threading.Event,
    prepared: NothingPrepared | None = None,
    said: Said | None = None,
) -> ScheduleTimer:
    parts = cast(PreparedFires, prepared or NothingPrepared()), cast(StandingWork, said or Said())
    return ScheduleTimer(clock, stop, *parts)


Starts = list[str]


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Starts:
    """What the timer did about declarations."""
    done: Starts = []
    monkeypatch.setattr(schedule_timer, "schedules_declare", lambda: done.append("declared"))
    monkeypatch.setattr(
        schedule_timer, "schedules_confirm_declared", lambda: done.append("confirmed")
    )
    return done


def looks(
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    *rounds: FireRound | Exception,
    said: Said | None = None,
) -> list[float]:
    """When a timer that is called often has looked within these seconds."""
    clock = FakeClock()
    found = Rounds(clock, *rounds)
    monkeypatch.setattr(schedule_timer, "jobs_fire_schedules", found)
    timer = timer_of(clock, threading.Event(), said=said)
    while clock.now < 1_000 + seconds:
        with suppress(OperationalError):
            timer()
        clock.now += FIRE_SECONDS
    return found.looks


def test_without_schedules_it_looks_once_a_second(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looks(monkeypatch, 2.5) == pytest.approx([0, 1, 2], abs=2 * FIRE_SECONDS)


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_it_asks_nothing_while_it_is_known_that_none_is_near(
    starts: Starts, monkeypatch: pytest.MonkeyPatch, seconds: float | None
) -> None:
    said = Said(seconds, lately=True)
    assert looks(monkeypatch, 2.5, said=said) == []
    assert starts == ["declared"]


def test_it_looks_at_once_when_one_has_come_near(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looks(monkeypatch, 0.5, said=Said(-1.0, lately=True)) == [0]


def test_it_looks_at_the_moment_at_which_the_next_is_due(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = looks(monkeypatch, 1, FireRound(next_seconds=0.33), FireRound(next_seconds=90))
    assert found == [0, 0.33]


def test_a_full_round_is_followed_at_once(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    full = FireRound(500, is_full=True, next_seconds=0)
    assert looks(monkeypatch, 0.5, full, full, FireRound(3, next_seconds=60)) == [0, 0, 0]


def test_an_outage_is_not_asked_about_again_at_once(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = looks(monkeypatch, LOOK_SECONDS * 1.5, OperationalError())
    assert found == pytest.approx([0, 1], abs=2 * FIRE_SECONDS)


def test_a_worker_that_stops_fires_nothing_more(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, stop = FakeClock(), threading.Event()
    found = Rounds(clock)
    monkeypatch.setattr(schedule_timer, "jobs_fire_schedules", found)
    timer = timer_of(clock, stop)
    stop.set()
    timer()
    assert found.looks == []


def test_what_code_declares_is_written_once_and_confirmed_each_minute(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks(monkeypatch, 130)
    assert starts == ["declared", "confirmed", "confirmed"]


def test_what_is_near_is_looked_for_and_prepared_in_small_steps_before_it_fires(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, prepared = FakeClock(), NothingPrepared()
    found = Rounds(clock, FireRound(next_seconds=2), FireRound(next_seconds=1), FireRound(1))
    monkeypatch.setattr(schedule_timer, "jobs_fire_schedules", found)
    timer = timer_of(clock, threading.Event(), prepared)
    while clock.now < 1_002:
        timer()
        clock.now += FIRE_SECONDS
    assert prepared.calls[:3] == ["fire", "look ahead", 50]
    assert prepared.calls.count("look ahead") == 2
    assert {50, 10} <= set(prepared.calls)
    assert prepared.calls[-1] != "look ahead"


def test_what_is_far_is_not_prepared(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, prepared = FakeClock(), NothingPrepared()
    monkeypatch.setattr(
        schedule_timer, "jobs_fire_schedules", Rounds(clock, FireRound(next_seconds=60))
    )
    timer_of(clock, threading.Event(), prepared)()
    assert prepared.calls == ["fire"]
