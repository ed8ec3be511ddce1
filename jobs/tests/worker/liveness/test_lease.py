"""The right to work: as fresh as the last heartbeat that was written."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.models import Worker
from jobs.tests.fake_clock import FakeClock
from jobs.worker.liveness.lease import Lease

# Of the database's clock, which knows nothing of this process's.
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
STEADY_SECONDS = 10.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def lease(clock: FakeClock) -> Lease:
    return Lease(Worker(name="first"), 30.0, clock)


def test_it_is_held_until_the_timeout_is_over(lease: Lease, clock: FakeClock) -> None:
    assert lease.is_held
    clock.now += 29.9
    assert lease.is_held
    clock.now += 0.1
    assert not lease.is_held


def test_a_heartbeat_counts_from_the_moment_it_was_asked_for(
    lease: Lease, clock: FakeClock
) -> None:
    asked_at = clock.now
    clock.now += 20  # the database took this long to answer
    lease.renew(asked_at, MOMENT)
    clock.now += 10
    assert not lease.is_held


def test_an_answer_that_comes_late_takes_nothing_back(lease: Lease, clock: FakeClock) -> None:
    overtaken = clock.now
    clock.now += 20
    lease.renew(clock.now, MOMENT)
    lease.renew(overtaken, MOMENT)
    clock.now += 20
    assert lease.is_held


def test_one_that_was_lost_is_held_again_after_a_heartbeat(lease: Lease, clock: FakeClock) -> None:
    clock.now += 3_600  # frozen
    assert not lease.is_held
    lease.renew(clock.now, MOMENT)
    assert lease.is_held


def test_a_new_row_takes_the_place_of_the_one_declared_dead(lease: Lease, clock: FakeClock) -> None:
    clock.now += 3_600
    successor = Worker(name="second")
    lease.replace(successor, clock.now)
    assert lease.worker is successor
    assert lease.is_held


class Beats:
    """Heartbeats that come through, with a database whose clock may be set."""

    def __init__(self, lease: Lease, clock: FakeClock) -> None:
        self._lease = lease
        self._clock = clock
        self.moment = MOMENT

    def pass_(self, seconds: float) -> None:
        """Time passes, on both sides."""
        self._clock.now += seconds
        self.moment += timedelta(seconds=seconds)

    def beat(self) -> None:
        self._lease.renew(self._clock.now, self.moment)

    def go_on(self, seconds: float) -> None:
        """Heartbeats come through for this long."""
        for _ in range(int(seconds // 5)):
            self.pass_(5)
            self.beat()

    def heard_at(self) -> datetime | None:
        return self._lease.steadily_heard_at(STEADY_SECONDS)


@pytest.fixture
def beats(lease: Lease, clock: FakeClock) -> Beats:
    return Beats(lease, clock)


def test_it_is_steadily_heard_some_beats_after_its_beginning(beats: Beats) -> None:
    beats.go_on(5)
    assert beats.heard_at() is None
    beats.go_on(5)
    assert beats.heard_at() == beats.moment


def test_it_is_heard_when_it_was_heard_and_not_now(beats: Beats) -> None:
    beats.go_on(20)
    heard_at = beats.moment
    beats.pass_(14)
    assert beats.heard_at() == heard_at


def test_time_without_a_heartbeat_does_not_make_it_steady(beats: Beats) -> None:
    beats.beat()
    beats.pass_(14)
    assert beats.heard_at() is None


def test_a_gap_of_half_the_timeout_begins_it_anew(lease: Lease, beats: Beats) -> None:
    beats.go_on(20)
    beats.pass_(16)
    assert lease.is_held
    assert beats.heard_at() is None  # there is a gap now
    beats.beat()
    beats.go_on(5)
    assert beats.heard_at() is None
    beats.go_on(5)
    assert beats.heard_at() == beats.moment


def test_an_answer_to_a_question_from_before_the_gap_does_not_end_it(
    lease: Lease, clock: FakeClock, beats: Beats
) -> None:
    beats.go_on(20)
    asked_at = clock.now + 1
    beats.pass_(40)  # frozen in the middle of a heartbeat
    lease.renew(asked_at, beats.moment)
    assert beats.heard_at() is None


@pytest.mark.parametrize("seconds", [16, 3_600, -60])
def test_a_clock_of_the_database_that_was_set_begins_it_anew(beats: Beats, seconds: float) -> None:
    """As does a machine that stopped with both on it: then this process has no gap either."""
    beats.go_on(20)
    before = beats.moment
    beats.moment += timedelta(seconds=seconds)
    assert beats.heard_at() == before
    beats.go_on(5)
    assert beats.heard_at() is None
    beats.go_on(10)
    assert beats.heard_at() == beats.moment


def test_a_new_row_begins_it_anew(lease: Lease, clock: FakeClock, beats: Beats) -> None:
    beats.go_on(20)
    lease.replace(Worker(name="second"), clock.now)
    assert beats.heard_at() is None
    beats.go_on(10)
    assert beats.heard_at() == beats.moment
