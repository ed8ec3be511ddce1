"""How many claims a pool holds, and how many more it takes."""

import queue
import threading

import pytest

from jobs.tests.fake_clock import FakeClock
from jobs.worker.execution.capacity import STALL_SECONDS, Capacity


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def changed() -> threading.Condition:
    return threading.Condition()


@pytest.fixture
def capacity(clock: FakeClock, changed: threading.Condition) -> Capacity:
    return Capacity(4, changed, clock)


def ran(capacity: Capacity, clock: FakeClock, seconds: float) -> None:
    """A handler took this long."""
    begun = capacity.begun()
    clock.now += seconds
    capacity.ended(begun)


def test_before_the_first_run_only_the_slots_are_free(capacity: Capacity) -> None:
    assert capacity.free(look_ahead=True) == 4
    capacity.take(3)
    assert capacity.free(look_ahead=True) == 1
    capacity.take(1)
    assert capacity.free(look_ahead=True) == 0
    capacity.release(4)
    assert capacity.free(look_ahead=True) == 4
    assert capacity.held == 0


def test_fast_handlers_are_given_a_batch_ahead(capacity: Capacity, clock: FakeClock) -> None:
    ran(capacity, clock, 0.001)
    assert capacity.free(look_ahead=True) == 4 + 200  # 50 ms of work for four slots
    assert capacity.free(look_ahead=False) == 4


def test_slow_handlers_are_given_nothing_ahead(capacity: Capacity, clock: FakeClock) -> None:
    ran(capacity, clock, 1.0)
    assert capacity.free(look_ahead=True) == 4


def test_a_batch_is_fetched_when_half_of_the_last_is_used_up(
    capacity: Capacity, clock: FakeClock
) -> None:
    ran(capacity, clock, 0.001)
    capacity.take(204)
    assert capacity.free(look_ahead=True) == 0
    capacity.release(100)
    assert capacity.free(look_ahead=True) == 0
    capacity.release(1)
    assert capacity.free(look_ahead=True) == 101


def test_a_waiting_fetcher_is_woken_when_a_slot_comes_free(
    capacity: Capacity, changed: threading.Condition
) -> None:
    capacity.take(4)
    with changed:
        assert capacity.free(look_ahead=False) == 0
        releasing = threading.Thread(target=capacity.release, args=(1,))
        releasing.start()
        assert changed.wait(20)
        assert capacity.free(look_ahead=False) == 1
    releasing.join(20)


def test_a_stop_is_woken_when_the_last_claim_is_gone_and_not_before(
    capacity: Capacity, changed: threading.Condition
) -> None:
    capacity.take(2)
    assert not capacity.is_idle()
    woken: list[int] = []

    def wait() -> None:
        with changed:
            ready.set()
            changed.wait(20)
            woken.append(capacity.held)

    ready = threading.Event()
    waiting = threading.Thread(target=wait)
    waiting.start()
    assert ready.wait(20)
    capacity.release(1)
    capacity.release(1)
    waiting.join(20)
    assert woken == [0]


def test_no_release_of_many_threads_is_lost_on_a_fetcher_that_waits(
    capacity: Capacity, changed: threading.Condition
) -> None:
    count, threads = 2_000, 4
    slots: queue.SimpleQueue[None] = queue.SimpleQueue()

    def run() -> None:
        for _ in range(count // threads):
            slots.get()
            capacity.release()

    running = [threading.Thread(target=run, daemon=True) for _ in range(threads)]
    for thread in running:
        thread.start()
    submitted = 0
    while submitted < count:
        with changed:
            while not (free := capacity.free(look_ahead=False)):
                assert changed.wait(20), "a release woke nobody"
        part = min(free, count - submitted)
        capacity.take(part)
        for _ in range(part):
            slots.put(None)
        submitted += part
    with changed:
        assert changed.wait_for(capacity.is_idle, 20)


def test_claims_that_wait_while_nothing_begins_are_stalled(
    capacity: Capacity, clock: FakeClock
) -> None:
    capacity.take(4)
    clock.now += STALL_SECONDS + 1
    assert not capacity.is_stalled()  # all of them run
    capacity.take(1)
    assert capacity.is_stalled()
    capacity.begun()
    assert not capacity.is_stalled()
    clock.now += STALL_SECONDS + 1
    assert capacity.is_stalled()
    capacity.release(1)
    assert not capacity.is_stalled()


def test_what_has_only_just_come_is_not_stalled(capacity: Capacity, clock: FakeClock) -> None:
    clock.now += 3_600  # idle
    capacity.take(10)
    assert not capacity.is_stalled()
