"""Threads that run attempts: how many at once, what they report, how they end."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.errors import JobTimeout
from jobs.core.finished import Finished
from jobs.core.outcome import CutOff, NotStarted, Outcome, Succeeded
from jobs.tests.claims import make_claim
from jobs.tests.errors import make_error
from jobs.tests.waiting import wait_until
from jobs.worker.execution import thread_pool as thread_pool_module
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.capacity import Capacity
from jobs.worker.execution.thread_pool import ThreadPool

ABANDONED = CutOff(make_error("JobTimeout", "given up"))
INTERRUPTED = CutOff(make_error("JobTimeout", "interrupted"))


class Handlers:
    """Stands in for `AttemptRunner`: each attempt blocks until the test lets it go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun: list[ClaimedJob] = []
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def run(self, attempt: Attempt) -> Outcome:
        with self._lock:
            self.begun.append(attempt.claim)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            assert self.go_on.wait(20), "the test never let the handlers go on"
            return Succeeded()
        finally:
            with self._lock:
                self.at_once -= 1


@pytest.fixture
def handlers() -> Iterator[Handlers]:
    handlers = Handlers()
    yield handlers
    handlers.go_on.set()


def untimed(finished: list[Finished]) -> list[Finished]:
    """Without how long each took."""
    return [one._replace(seconds=None) for one in finished]


@pytest.fixture
def finished() -> list[Finished]:
    return []


def make_thread_pool(
    size: int, run: Callable[[Attempt], Outcome], finished: Callable[[Finished], None]
) -> ThreadPool:
    capacity = Capacity(size, threading.Condition(), SystemClock())
    pool = ThreadPool(capacity, run, lambda attempt: ABANDONED, finished)
    pool.start()
    return pool


@pytest.fixture
def pool(handlers: Handlers, finished: list[Finished]) -> Iterator[ThreadPool]:
    pool = make_thread_pool(2, handlers.run, finished.append)
    yield pool
    handlers.go_on.set()
    pool.stop()


def wait_until_idle(pool: ThreadPool) -> None:
    wait_until(lambda: pool.capacity.held == 0, every=0.001)


def test_outcomes_are_reported_with_their_claims(
    pool: ThreadPool, handlers: Handlers, finished: list[Finished]
) -> None:
    claims = [make_claim() for _ in range(5)]
    handlers.go_on.set()
    pool.submit(claims)
    wait_until_idle(pool)
    assert {one.claim.id for one in finished} == {claim.id for claim in claims}
    assert all(one.outcome == Succeeded() for one in finished)


def test_no_more_run_at_once_than_there_are_slots(pool: ThreadPool, handlers: Handlers) -> None:
    pool.submit([make_claim() for _ in range(6)])
    wait_until(lambda: len(handlers.begun) == 2)
    handlers.go_on.set()
    wait_until_idle(pool)
    assert len(handlers.begun) == 6
    assert handlers.most_at_once == 2


def test_claims_begin_in_the_order_in_which_they_came(pool: ThreadPool, handlers: Handlers) -> None:
    claims = [make_claim() for _ in range(8)]
    pool.submit(claims[:2])
    wait_until(lambda: len(handlers.begun) == 2)
    pool.submit(claims[2:])
    handlers.go_on.set()
    wait_until_idle(pool)
    # Two slots may swap neighbours, no more.
    order = [claims.index(claim) for claim in handlers.begun]
    assert all(abs(place - number) <= 1 for number, place in enumerate(order))


def test_what_has_not_begun_can_be_taken_back(
    pool: ThreadPool, handlers: Handlers, finished: list[Finished]
) -> None:
    claims = [make_claim() for _ in range(5)]
    pool.submit(claims)
    wait_until(lambda: len(handlers.begun) == 2)
    taken = pool.take_back()
    assert {claim.id for claim in taken} == {claim.id for claim in claims[2:]}
    handlers.go_on.set()
    wait_until_idle(pool)
    assert {one.claim.id for one in finished} == {claim.id for claim in claims[:2]}


def test_it_is_not_idle_while_something_runs(pool: ThreadPool, handlers: Handlers) -> None:
    pool.submit([make_claim()])
    assert pool.capacity.held == 1
    handlers.go_on.set()
    wait_until_idle(pool)


def test_once_idle_every_outcome_has_been_reported(handlers: Handlers) -> None:
    """A stop waits for the slots first, and for the recorder after that."""
    late: list[Finished] = []
    reporting = threading.Event()

    def report_slowly(one: Finished) -> None:
        reporting.set()
        assert go_on.wait(20)
        late.append(one)

    go_on = threading.Event()
    pool = make_thread_pool(1, lambda attempt: NotStarted(), report_slowly)
    pool.submit([make_claim()])
    assert reporting.wait(20)
    assert pool.capacity.held == 1
    go_on.set()
    wait_until_idle(pool)
    assert len(late) == 1
    pool.stop()


def spin_until_interrupted(attempt: Attempt) -> Outcome:
    """Python code without an end, which an exception can end."""
    try:
        with attempt.interruptible(0.05):
            while True:
                threading.Event().wait(0.001)
    except JobTimeout:
        return INTERRUPTED


def test_an_attempt_that_overruns_its_time_is_interrupted(finished: list[Finished]) -> None:
    pool = make_thread_pool(1, spin_until_interrupted, finished.append)
    claim = make_claim()
    pool.submit([claim])

    def interrupted() -> bool:
        pool.interrupt_overdue()
        return bool(finished)

    wait_until(interrupted, every=0.01)
    assert untimed(finished) == [Finished(claim, INTERRUPTED)]
    assert finished[0].seconds is not None
    assert pool.stuck == 0
    pool.stop()


def test_an_attempt_that_cannot_be_interrupted_is_given_up_and_its_slot_goes_on(
    finished: list[Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_pool_module, "STUCK_SECONDS", 0.05)
    stuck = make_claim()
    let_go = threading.Event()

    def run(attempt: Attempt) -> Outcome:
        if attempt.claim is not stuck:
            return Succeeded()
        try:
            with attempt.interruptible(0.05):
                let_go.wait(20)  # C code: an exception waits until it returns
        except JobTimeout:
            pass
        return Succeeded()

    pool = make_thread_pool(1, run, finished.append)
    pool.submit([stuck])

    def given_up() -> bool:
        pool.interrupt_overdue()
        return bool(finished)

    wait_until(given_up, every=0.01)
    assert untimed(finished) == [Finished(stuck, ABANDONED)]
    assert pool.stuck == 1
    other = make_claim()
    pool.submit([other])
    wait_until_idle(pool)
    assert untimed(finished[1:]) == [Finished(other, Succeeded())]
    let_go.set()
    wait_until(lambda: not any(t.name == "slot-1" for t in threading.enumerate()))
    # It is reported all the same: a dead letter that says *outcome unknown* is settled by it.
    assert untimed(finished[2:]) == [Finished(stuck, Succeeded())]
    assert pool.stuck == 0
    pool.stop()


def test_a_failure_of_one_that_was_given_up_is_not_reported(
    finished: list[Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_pool_module, "STUCK_SECONDS", 0.05)
    let_go = threading.Event()

    def run(attempt: Attempt) -> Outcome:
        with contextlib.suppress(JobTimeout), attempt.interruptible(0.05):
            let_go.wait(20)
        return INTERRUPTED

    pool = make_thread_pool(1, run, finished.append)
    pool.submit([make_claim()])

    def given_up() -> bool:
        pool.interrupt_overdue()
        return bool(finished)

    wait_until(given_up, every=0.01)
    let_go.set()
    wait_until(lambda: pool.stuck == 0, every=0.001)
    assert len(finished) == 1
    pool.stop()


def test_a_mistake_of_the_worker_itself_leaves_no_attempt_without_an_outcome(
    finished: list[Finished], caplog: pytest.LogCaptureFixture
) -> None:
    def run(attempt: Attempt) -> Outcome:
        if not finished:
            raise ValueError(attempt.claim.payload["word"])
        return Succeeded()

    pool = make_thread_pool(1, run, finished.append)
    pool.submit([make_claim(payload={"word": "hunter2"})])
    wait_until_idle(pool)
    pool.submit([make_claim()])
    wait_until_idle(pool)
    assert isinstance(finished[0].outcome, CutOff)
    assert finished[1].outcome == Succeeded()
    assert pool.is_alive
    assert "ValueError" in finished[0].outcome.error["message"]
    assert "hunter2" not in str(finished[0].outcome) + caplog.text
    pool.stop()
