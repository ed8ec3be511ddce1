"""A thread that repeats one action, through outages."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError

from jobs.core.errors import BrokerUnavailable
from jobs.core.outage import broker_outage, database_outage
from jobs.tests.fake_clock import FakeClock
from jobs.tests.waiting import wait_until
from jobs.worker.periodic import Periodic


@pytest.fixture(autouse=True)
def no_outage() -> Iterator[None]:
    yield
    broker_outage.ended()
    database_outage.ended()


def waits_of(action: Callable[[], object], ticks: int, seconds: float = 3.0) -> list[float]:
    """How long it waits after each of its first ticks."""
    clock, stop = FakeClock(), threading.Event()
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if done >= ticks:
            stop.set()
        action()

    periodic = Periodic("tests", seconds, tick, clock, stop)
    periodic.start()
    periodic.join(20)
    assert done == ticks
    return clock.waits


def failing(error: BaseException) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


def test_it_waits_its_seconds_between_its_ticks() -> None:
    assert waits_of(lambda: None, ticks=4) == [3.0] * 4


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, KeyboardInterrupt])
def test_a_mistake_in_one_tick_is_logged_and_the_next_one_follows(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    assert waits_of(failing(error()), ticks=2) == [3.0, 3.0]
    assert caplog.text.count("tests failed") == 2
    assert error.__name__ in caplog.text


def test_without_postgresql_it_tries_again_sooner() -> None:
    """A heartbeat must not lose more of its lease to an outage than the outage took."""
    waits = waits_of(failing(OperationalError("gone")), ticks=5)
    assert all(wait <= 3.0 for wait in waits)
    assert waits[0] <= 0.1
    assert database_outage.is_on


def test_without_postgresql_one_that_comes_often_comes_less_often() -> None:
    waits = waits_of(failing(OperationalError("gone")), ticks=8, seconds=0.05)
    assert 0.5 <= waits[-1] <= 1.0


def test_without_redis_it_does_not_hurry() -> None:
    waits = waits_of(failing(BrokerUnavailable("gone")), ticks=5)
    assert all(wait >= 3.0 for wait in waits)
    assert broker_outage.is_on


def test_it_ends_with_the_stop() -> None:
    stop = threading.Event()
    ticked = threading.Event()

    class Clock(FakeClock):
        def wait(self, stop: threading.Event, seconds: float) -> bool:
            ticked.set()
            return stop.wait(20)

    periodic = Periodic("tests", 3.0, lambda: None, Clock(), stop)
    periodic.start()
    assert ticked.wait(20)
    stop.set()
    periodic.join(20)
    wait_until(lambda: not any(thread.name == "tests" for thread in threading.enumerate()))
