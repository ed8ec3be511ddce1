"""How many claims an executor holds, and how many more are welcome."""

import threading

import pytest

from jobs.tests.fake_clock import FakeClock
from jobs.worker.execution.capacity import STALL_SECONDS, Capacity


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setattr("jobs.worker.execution.capacity.time.monotonic", clock.monotonic)
    return clock


@pytest.fixture
def changed() -> threading.Condition:
    return threading.Condition()


@pytest.fixture
def room(clock: FakeClock, changed: threading.Condition) -> Capacity:
    return Capacity(4, changed)


def ran(room: Capacity, clock: FakeClock, seconds: float) -> None:
    """A handler took so long."""
    begun = room.begun()
    clock.now += seconds
    room.ended(begun)


def test_before_anything_is_known_the_slots_are_what_is_welcome(room: Capacity) -> None:
    assert room.welcome(look_ahead=True) == 4
    room.take(3)
    assert room.welcome(look_ahead=True) == 1
    room.take(1)
    assert room.welcome(look_ahead=True) == 0
    room.release(4)
    assert room.welcome(look_ahead=True) == 4
    assert room.held == 0


def test_fast_handlers_are_given_a_batch_ahead(room: Capacity, clock: FakeClock) -> None:
    ran(room, clock, 0.001)
    assert room.welcome(look_ahead=True) == 4 + 200  # 50 ms of work for four slots
    assert room.welcome(look_ahead=False) == 4


def test_slow_handlers_are_given_nothing_ahead(room: Capacity, clock: FakeClock) -> None:
    ran(room, clock, 1.0)
    assert room.welcome(look_ahead=True) == 4


def test_a_batch_is_fetched_when_half_of_the_last_is_used_up(
    room: Capacity, clock: FakeClock
) -> None:
    ran(room, clock, 0.001)
    room.take(204)
    assert room.welcome(look_ahead=True) == 0
    room.release(100)
    assert room.welcome(look_ahead=True) == 0
    room.release(1)
    assert room.welcome(look_ahead=True) == 101


def test_who_waits_for_room_is_woken_when_there_is_some(
    room: Capacity, changed: threading.Condition
) -> None:
    room.take(4)
    with changed:
        assert room.welcome(look_ahead=False) == 0
        releasing = threading.Thread(target=room.release, args=(1,))
        releasing.start()
        assert changed.wait(20)
        assert room.welcome(look_ahead=False) == 1
    releasing.join(20)


def test_who_waits_for_the_end_is_woken_at_the_end_and_not_before(
    room: Capacity, changed: threading.Condition
) -> None:
    room.take(2)
    room.wake_when_idle()
    woken: list[int] = []

    def wait() -> None:
        with changed:
            ready.set()
            changed.wait(20)
            woken.append(room.held)

    ready = threading.Event()
    waiting = threading.Thread(target=wait)
    waiting.start()
    assert ready.wait(20)
    room.release(1)
    room.release(1)
    waiting.join(20)
    assert woken == [0]


def test_claims_that_wait_while_nothing_begins_are_hoarded(
    room: Capacity, clock: FakeClock
) -> None:
    room.take(4)
    clock.now += STALL_SECONDS + 1
    assert not room.is_stalled()  # all of them run
    room.take(1)
    assert room.is_stalled()
    room.begun()
    assert not room.is_stalled()
    clock.now += STALL_SECONDS + 1
    assert room.is_stalled()
    room.release(1)
    assert not room.is_stalled()


def test_what_has_only_just_come_is_not_hoarded(room: Capacity, clock: FakeClock) -> None:
    clock.now += 3_600  # idle
    room.take(10)
    assert not room.is_stalled()
