"""Time that PostgreSQL takes is told from time that the fetch loop takes."""

import pytest

from jobs.tests.fake_clock import FakeClock
from jobs.worker.fetching.database_time import DatabaseTime


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database_time(clock: FakeClock) -> DatabaseTime:
    return DatabaseTime(clock)


def test_only_measured_blocks_count(clock: FakeClock, database_time: DatabaseTime) -> None:
    clock.now += 5
    for seconds in (1, 2):
        with database_time.measured():
            clock.now += seconds
        clock.now += 5
    assert database_time.seconds() == 3


def test_a_question_that_is_under_way_counts(clock: FakeClock, database_time: DatabaseTime) -> None:
    with database_time.measured():
        clock.now += 40
        assert database_time.seconds() == 40


def test_a_question_that_failed_counts(clock: FakeClock, database_time: DatabaseTime) -> None:
    def fail() -> None:
        with database_time.measured():
            clock.now += 4
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail()
    assert database_time.seconds() == 4


def test_each_tick_counts_from_0(clock: FakeClock, database_time: DatabaseTime) -> None:
    with database_time.measured():
        clock.now += 4
    database_time.start_tick()
    assert database_time.seconds() == 0
