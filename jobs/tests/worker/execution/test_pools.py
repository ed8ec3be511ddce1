"""Plain handlers go to the threads, `async def` ones to the loop; `Pools` makes them one."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.finished import Finished
from jobs.core.outcome import CutOff, Outcome, Succeeded
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import JobType, job_types
from jobs.tests.claims import make_claim
from jobs.tests.errors import make_error
from jobs.tests.waiting import wait_until
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.capacity import Capacity
from jobs.worker.execution.event_loop import EventLoop
from jobs.worker.execution.pools import Pools
from jobs.worker.execution.thread_pool import ThreadPool

THREADS = 2
PLACES = 50


async def on_the_loop(payload: Payload, context: JobContext) -> None:
    """Its type is registered for these tests; the bench below says what happens."""


class Bench:
    """Both pools; every attempt waits until the test lets it go on."""

    def __init__(self) -> None:
        changed = threading.Condition()
        self.finished: list[Finished] = []
        self.begun: list[tuple[str, ClaimedJob]] = []
        self.go_on = threading.Event()
        self.loop = EventLoop(
            Capacity(PLACES, changed, SystemClock()),
            self.run_async,
            lambda attempt: CutOff(make_error()),
            self.finished.append,
        )
        threads = ThreadPool(
            Capacity(THREADS, changed, SystemClock()),
            self.run,
            lambda attempt: CutOff(make_error()),
            self.finished.append,
        )
        self.pools = Pools(threads, self.loop, changed, SystemClock())

    def run(self, attempt: Attempt) -> Outcome:
        self.begun.append((threading.current_thread().name, attempt.claim))
        assert self.go_on.wait(20)
        return Succeeded()

    async def run_async(self, attempt: Attempt) -> Outcome:
        self.begun.append((threading.current_thread().name, attempt.claim))
        while not self.go_on.is_set():
            await asyncio.sleep(0.001)
        return Succeeded()


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    payload = job_types.get("tests.note").payload
    job_type = JobType("tests.async", on_the_loop, payload, Effect.IDEMPOTENT)
    monkeypatch.setitem(job_types._types, "tests.async", job_type)
    bench = Bench()
    bench.pools.start()
    yield bench
    bench.go_on.set()
    assert bench.pools.wait_until_idle(20)
    bench.pools.stop()
    bench.loop._thread.join(20)
    bench.loop._loop.close()


def plain(count: int) -> list[ClaimedJob]:
    return [make_claim() for _ in range(count)]


def coroutines(count: int) -> list[ClaimedJob]:
    return [make_claim(type="tests.async") for _ in range(count)]


def test_each_claim_runs_where_its_handler_belongs(bench: Bench) -> None:
    bench.pools.submit([*plain(2), *coroutines(3)])
    wait_until(lambda: len(bench.begun) == 5, every=0.001)
    pools = [(name.split("-")[0], claim.type) for name, claim in bench.begun]
    assert sorted(pools) == [("loop", "tests.async")] * 3 + [("slot", "tests.note")] * 2


def test_a_type_that_is_not_registered_goes_to_the_threads(bench: Bench) -> None:
    bench.pools.submit([make_claim(type="tests.gone")])
    wait_until(lambda: len(bench.begun) == 1, every=0.001)
    assert bench.begun[0][0].startswith("slot")


def test_the_loop_runs_as_many_at_once_as_it_has_places(bench: Bench) -> None:
    bench.pools.submit(coroutines(PLACES + 10))
    wait_until(lambda: len(bench.begun) == PLACES, every=0.001)
    assert bench.pools.wait_for_capacity(0.01, look_ahead=False) == 0
    bench.go_on.set()
    assert bench.pools.wait_until_idle(20)
    assert len(bench.finished) == PLACES + 10


def test_the_loop_begins_claims_in_their_order(bench: Bench) -> None:
    claims = coroutines(20)
    bench.pools.submit(claims)
    wait_until(lambda: len(bench.begun) == 20, every=0.001)
    assert [claim for _, claim in bench.begun] == claims


def test_capacity_is_that_of_the_pool_in_use(bench: Bench) -> None:
    assert bench.pools.wait_for_capacity(0, look_ahead=False) == THREADS
    bench.pools.submit(coroutines(1))
    assert bench.pools.wait_for_capacity(0, look_ahead=False) == PLACES - 1
    bench.pools.submit(plain(1))
    assert bench.pools.wait_for_capacity(0, look_ahead=False) == THREADS - 1


def test_where_both_are_in_use_the_smaller_capacity_counts(bench: Bench) -> None:
    bench.pools.submit([*plain(1), *coroutines(PLACES)])
    assert bench.pools.wait_for_capacity(0, look_ahead=False) == 0


def test_waiting_for_capacity_ends_when_a_slot_comes_free(bench: Bench) -> None:
    bench.pools.submit(plain(THREADS))
    free: list[int] = []
    waiting = threading.Thread(
        target=lambda: free.append(bench.pools.wait_for_capacity(20, look_ahead=False))
    )
    waiting.start()
    bench.go_on.set()
    waiting.join(20)
    assert len(free) == 1
    assert 1 <= free[0] <= THREADS


def test_what_has_not_begun_is_taken_back_from_both(bench: Bench) -> None:
    claims = [*plain(THREADS + 2), *coroutines(PLACES + 3)]
    bench.pools.submit(claims)
    wait_until(lambda: len(bench.begun) == THREADS + PLACES, every=0.001)
    taken = bench.pools.take_back()
    assert {claim.id for claim in taken} == {
        claim.id for claim in [*claims[THREADS : THREADS + 2], *claims[-3:]]
    }
    bench.go_on.set()
    assert bench.pools.wait_until_idle(20)
    assert len(bench.finished) == THREADS + PLACES


def test_only_the_claims_of_some_queues_can_be_taken_back(bench: Bench) -> None:
    busy = [*plain(THREADS), *coroutines(PLACES)]
    bench.pools.submit(busy)
    wait_until(lambda: len(bench.begun) == THREADS + PLACES, every=0.001)
    waiting = [*plain(4), *coroutines(4)]
    waiting = [one._replace(queue=("bulk", "default")[i % 2]) for i, one in enumerate(waiting)]
    bench.pools.submit(waiting)
    assert bench.pools.take_back({"bulk"}) == waiting[::2]
    assert bench.pools.held == THREADS + PLACES + 4
    assert bench.pools.take_back({"bulk"}) == []
    bench.go_on.set()
    assert bench.pools.wait_until_idle(20)
    assert {one.claim.id for one in bench.finished} == {one.id for one in [*busy, *waiting[1::2]]}


@pytest.mark.parametrize("claim", [*plain(1), *coroutines(1)], ids=["plain", "async"])
def test_it_is_idle_when_neither_runs_anything(claim: ClaimedJob, bench: Bench) -> None:
    bench.pools.submit([claim])
    assert not bench.pools.wait_until_idle(0.01)
    bench.go_on.set()
    assert bench.pools.wait_until_idle(20)
    [one] = bench.finished
    assert one == Finished(claim, Succeeded(), one.seconds)
    assert one.seconds is not None


def test_half_of_a_pool_that_does_not_stop_is_too_much(bench: Bench) -> None:
    assert not bench.pools.is_clogged
    bench.loop.stuck = PLACES // 2 - 1
    assert not bench.pools.is_clogged
    bench.loop.stuck = PLACES // 2
    assert bench.pools.is_clogged
    bench.loop.stuck, bench.pools.threads.stuck = 0, THREADS // 2
    assert bench.pools.is_clogged
    assert bench.pools.stuck == THREADS // 2
    bench.pools.threads.stuck = 0
