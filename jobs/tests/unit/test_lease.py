"""The right to work: as fresh as the last heartbeat that was written."""

import pytest

from jobs.models import Worker
from jobs.tests.unit.fake_clock import FakeClock
from jobs.worker.lease import Lease


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
    clock.now += 20  # so long did the database take to answer
    lease.renew(asked_at)
    clock.now += 10
    assert not lease.is_held


def test_an_answer_that_comes_late_takes_nothing_back(lease: Lease, clock: FakeClock) -> None:
    overtaken = clock.now
    clock.now += 20
    lease.renew(clock.now)
    lease.renew(overtaken)
    clock.now += 20
    assert lease.is_held


def test_one_that_was_lost_is_held_again_after_a_heartbeat(lease: Lease, clock: FakeClock) -> None:
    clock.now += 3_600  # frozen
    assert not lease.is_held
    lease.renew(clock.now)
    assert lease.is_held


def test_a_new_row_takes_the_place_of_the_one_declared_dead(lease: Lease, clock: FakeClock) -> None:
    clock.now += 3_600
    successor = Worker(name="second")
    lease.replace(successor, clock.now)
    assert lease.worker is successor
    assert lease.is_held


def test_it_is_steady_from_its_beginning(lease: Lease, clock: FakeClock) -> None:
    clock.now += 12
    assert lease.steady_seconds == pytest.approx(12)


def test_a_gap_of_half_the_timeout_begins_it_anew(lease: Lease, clock: FakeClock) -> None:
    clock.now += 16
    assert lease.is_held
    assert lease.steady_seconds == 0  # there is a gap now
    lease.renew(clock.now)
    clock.now += 5
    assert lease.steady_seconds == pytest.approx(5)


def test_an_answer_to_a_question_from_before_the_gap_does_not_end_it(
    lease: Lease, clock: FakeClock
) -> None:
    asked_at = clock.now + 1
    clock.now += 40  # frozen in the middle of a heartbeat
    lease.renew(asked_at)
    assert lease.steady_seconds == 0


def test_a_new_row_begins_it_anew(lease: Lease, clock: FakeClock) -> None:
    clock.now += 12
    lease.replace(Worker(name="second"), clock.now)
    assert lease.steady_seconds == 0
