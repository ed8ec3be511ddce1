"""The event loop goes on: through mistakes, blocked handlers, and handlers that do not stop."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator

import pytest

from jobs.core.clock import SystemClock
from jobs.core.finished import Finished
from jobs.core.outcome import CutOff, Outcome, Succeeded
from jobs.tests.claims import make_claim
from jobs.tests.errors import make_error
from jobs.tests.waiting import wait_until
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.capacity import STALL_SECONDS, Capacity
from jobs.worker.execution.event_loop import (
    BLOCKED_TICKS,
    STUCK_TICKS,
    UNRESPONSIVE_TICKS,
    EventLoop,
)

ABANDONED = CutOff(make_error("JobTimeout", "given up"))

Run = Callable[[Attempt], Awaitable[Outcome]]


class Loop:
    """An event loop whose attempts do what the test says."""

    def __init__(self) -> None:
        self.finished: list[Finished] = []
        self.run: Run = succeed
        self.loop = EventLoop(
            Capacity(2, threading.Condition(), SystemClock()),
            lambda attempt: self.run(attempt),
            lambda attempt: ABANDONED,
            self.finished.append,
        )

    def idle(self) -> bool:
        return self.loop.capacity.held == 0

    def works(self) -> bool:
        """Whether another attempt runs on it."""
        self.run = succeed
        claim = make_claim()
        self.loop.submit([claim])
        wait_until(lambda: claim in [one.claim for one in self.finished], every=0.001)
        return True


async def succeed(attempt: Attempt) -> Outcome:
    return Succeeded()


@pytest.fixture
def bench() -> Iterator[Loop]:
    bench = Loop()
    bench.loop.start()
    yield bench
    bench.loop.stop()
    bench.loop._thread.join(20)
    assert not bench.loop._thread.is_alive()
    bench.loop._loop.close()


@pytest.fixture
def blocked(bench: Loop) -> Iterator[threading.Event]:
    """A handler blocks the loop until the event is set."""
    let_go, blocking = threading.Event(), threading.Event()

    async def block(attempt: Attempt) -> Outcome:
        blocking.set()
        let_go.wait(20)
        return Succeeded()

    bench.run = block
    bench.loop.submit([make_claim(type="tests.blocks")])
    assert blocking.wait(20)
    yield let_go
    let_go.set()


def test_a_mistake_of_the_worker_itself_leaves_no_attempt_without_an_outcome(bench: Loop) -> None:
    async def fail(attempt: Attempt) -> Outcome:
        raise ValueError(attempt.claim.payload["word"])

    bench.run = fail
    bench.loop.submit([make_claim(payload={"word": "hunter2"})])
    wait_until(bench.idle, every=0.001)
    [one] = bench.finished
    assert isinstance(one.outcome, CutOff)
    assert "hunter2" not in str(one.outcome)
    assert bench.works()


@pytest.mark.parametrize("exception", [SystemExit, KeyboardInterrupt])
def test_a_task_of_a_handler_cannot_end_the_loop(
    exception: type[BaseException], bench: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    async def leave() -> None:
        raise exception

    async def start_a_task(attempt: Attempt) -> Outcome:
        task = asyncio.create_task(leave())
        await asyncio.wait([task])
        task.exception()
        return Succeeded()

    bench.run = start_a_task
    bench.loop.submit([make_claim()])
    wait_until(bench.idle, every=0.001)
    assert bench.works()
    assert bench.loop.is_alive
    assert exception.__name__ in caplog.text


def test_a_blocked_loop_is_noticed_and_told_once(
    bench: Loop, blocked: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(1 + BLOCKED_TICKS + 2):
        bench.loop.watch()
    assert bench.loop.is_blocked
    assert bench.loop.is_alive
    assert bench.loop.free_capacity(look_ahead=False) == 0
    assert caplog.text.count("blocked by a handler of: tests.blocks") == 1
    blocked.set()
    wait_until(lambda: bench.loop._answered, every=0.001)
    bench.loop.watch()
    assert not bench.loop.is_blocked
    assert "answers again" in caplog.text
    assert bench.loop.free_capacity(look_ahead=False) > 0


def test_a_loop_that_stays_blocked_is_a_broken_part(bench: Loop, blocked: threading.Event) -> None:
    for _ in range(1 + UNRESPONSIVE_TICKS):
        bench.loop.watch()
    assert not bench.loop.is_alive


def test_what_waits_behind_a_blocked_loop_is_stalled(
    bench: Loop, blocked: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = make_claim()
    bench.loop.submit([waiting])
    assert bench.loop.capacity.held == bench.loop.capacity.size
    assert not bench.loop.is_stalled()
    later = SystemClock().monotonic() + STALL_SECONDS + 1
    monkeypatch.setattr(bench.loop.capacity.clock, "monotonic", lambda: later)
    assert bench.loop.is_stalled()
    assert bench.loop.take_back() == [waiting]
    assert not bench.loop.is_stalled()


def test_a_handler_that_swallows_its_cancellation_is_given_up_and_its_place_goes_on(
    bench: Loop,
) -> None:
    go_on = threading.Event()

    async def swallow(attempt: Attempt) -> Outcome:
        attempt.limit(0.01)
        while not go_on.is_set():
            await asyncio.sleep(0.001)
        return Succeeded()

    bench.run = swallow
    stuck = make_claim()
    bench.loop.submit([stuck])
    wait_until(lambda: any(one.seconds_overdue() for one in bench.loop._running.values()))
    for _ in range(STUCK_TICKS):
        bench.loop.watch()
    assert bench.finished == []
    bench.loop.watch()
    assert bench.finished == [Finished(stuck, ABANDONED)]
    assert bench.idle()
    assert bench.loop.stuck == 1
    bench.loop.watch()
    assert bench.loop.stuck == 1
    assert bench.works()
    go_on.set()
    wait_until(lambda: bench.loop.stuck == 0, every=0.001)
    # A dead letter that says *outcome unknown* is settled by it.
    assert bench.finished[2:] == [Finished(stuck, Succeeded())]
    assert bench.idle()
