"""What a handler returns: awaited where that is possible, and never taken for a success unrun."""

import asyncio
import io
import itertools
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from functools import partial, wraps
from typing import Any

import pytest
from django.db import connections, transaction

from jobs.core.clock import SystemClock
from jobs.core.outcome import CutOff, Failed, FailedForGood, Outcome, Succeeded
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import JobType, job_types
from jobs.models import Worker
from jobs.tests.app.models import Note
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.lease import Lease
from jobs.worker.recording.progress_reporter import ProgressReporter
from jobs.worker.recording.start_writer import StartWriter

pytestmark = pytest.mark.django_db(transaction=True)

Handler = Callable[[Payload, JobContext], Any]
Run = Callable[..., Outcome]


@pytest.fixture
def worker() -> Worker:
    return make_worker()


@pytest.fixture
def run(worker: Worker, starts: StartWriter, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one attempt of a handler where a worker would."""

    def run_one(
        handler: Handler, effect: Effect = Effect.IDEMPOTENT, seconds: float | None = None
    ) -> Outcome:
        payload = job_types.get("tests.note").payload
        job_type = JobType("tests.this", handler, payload, effect, timeout_seconds=seconds)
        monkeypatch.setitem(job_types._types, "tests.this", job_type)
        runner = AttemptRunner(
            Lease(worker, 30.0, SystemClock()),
            Inflight(),
            starts,
            SystemClock(),
            ProgressReporter(),
        )
        attempt = Attempt(claim_one(make_job(type="tests.this"), worker), SystemClock())
        if job_type.is_async:
            return asyncio.run(_then_close(runner.run_async(attempt)))
        return runner.run(attempt)

    return run_one


async def _then_close(running: Awaitable[Outcome]) -> Outcome:
    try:
        return await running
    finally:
        await asyncio.to_thread(connections.close_all)


def plainly_decorated(handler: Handler) -> Handler:
    @wraps(handler)
    def wrapper(payload: Payload, context: JobContext) -> Any:
        return handler(payload, context)

    return wrapper


def test_an_async_def_under_a_plain_decorator_runs(run: Run) -> None:
    done: list[str] = []

    @plainly_decorated
    async def handler(payload: Payload, context: JobContext) -> None:
        await asyncio.sleep(0)
        done.append(threading.current_thread().name)

    for effect in Effect:
        assert isinstance(run(handler, effect), Succeeded)
    assert len(done) == len(Effect)


def test_a_coroutine_that_a_function_returns_is_awaited(run: Run) -> None:
    done: list[Payload] = []

    async def work(payload: Payload) -> None:
        await asyncio.sleep(0)
        done.append(payload)

    async def forgets_to_await(payload: Payload, context: JobContext) -> Any:
        return work(payload)

    assert run(lambda payload, context: work(payload)) == Succeeded()
    assert run(lambda payload, context: forgets_to_await(payload, context)) == Succeeded()
    assert run(forgets_to_await) == Succeeded()
    assert len(done) == 3


def test_an_object_with_an_async_call_runs(run: Run) -> None:
    class Handler:
        calls = 0

        async def __call__(self, payload: Payload, context: JobContext) -> None:
            self.calls += 1

    handler = Handler()
    assert run(handler) == Succeeded()
    assert run(partial(handler)) == Succeeded()
    assert handler.calls == 2


@pytest.mark.parametrize("fails", [False, True])
def test_the_orm_of_an_awaited_coroutine_is_in_the_transaction(fails: bool, run: Run) -> None:
    @plainly_decorated
    async def handler(payload: Payload, context: JobContext) -> None:
        await Note.objects.acreate(text="hello", job_id=context.job_id, attempt=1)
        if fails:
            raise RuntimeError("failed")

    outcome = run(handler, Effect.TRANSACTIONAL)
    assert isinstance(outcome, Failed if fails else Succeeded)
    assert Note.objects.count() == (0 if fails else 1)
    assert not transaction.get_connection().in_atomic_block


@pytest.mark.parametrize("exception", [RuntimeError, SystemExit, KeyboardInterrupt])
def test_what_an_awaited_coroutine_raises_has_failed(
    exception: type[BaseException], run: Run
) -> None:
    @plainly_decorated
    async def handler(payload: Payload, context: JobContext) -> None:
        raise exception("no")

    outcome = run(handler)
    assert isinstance(outcome, Failed)
    assert outcome.error["error"] == exception.__name__


def test_an_awaited_coroutine_ends_with_its_time(run: Run) -> None:
    @plainly_decorated
    async def handler(payload: Payload, context: JobContext) -> None:
        await asyncio.sleep(60)

    begun = time.monotonic()
    outcome = run(handler, seconds=0.05)
    assert isinstance(outcome, CutOff)
    assert outcome.error["error"] == "JobTimeout"
    assert time.monotonic() - begun < 20


def generate(payload: Payload, context: JobContext) -> Iterator[None]:
    yield


async def generate_async(payload: Payload, context: JobContext) -> Any:
    yield


NOT_RUN: list[Handler] = [
    contextmanager(generate),
    plainly_decorated(asynccontextmanager(generate_async)),
    lambda payload, context: itertools.starmap(print, []),
    plainly_decorated(generate),
    plainly_decorated(generate_async),
    lambda payload, context: generate,
    lambda payload, context: partial(generate, payload, context),
    lambda payload, context: map(print, payload),
    lambda payload, context: Future(),
]


async def return_a_generator(payload: Payload, context: JobContext) -> Any:
    return generate(payload, context)


@pytest.mark.parametrize("handler", [*NOT_RUN, return_a_generator])
def test_what_can_be_no_result_is_no_success(handler: Handler, run: Run) -> None:
    outcome = run(handler)
    assert isinstance(outcome, FailedForGood)
    assert "a handler does its work before it returns" in outcome.error["message"]


@pytest.mark.parametrize("handler", NOT_RUN)
def test_what_can_be_no_result_is_unknown_where_it_must_not_be_repeated(
    handler: Handler, run: Run
) -> None:
    assert isinstance(run(handler, Effect.ONCE), CutOff)


class Unreadable(dict[str, int]):
    """As a row of a library may be whose session is closed by now."""

    def items(self) -> Any:
        raise LookupError("the session is closed")


@pytest.mark.parametrize(
    "value", [None, 0, "sent", {"a": [1]}, [], True, Note(), Unreadable(a=1), io.BytesIO()]
)
def test_any_other_value_is_a_success(value: object, run: Run) -> None:
    async def on_the_loop(payload: Payload, context: JobContext) -> Any:
        return value

    assert isinstance(run(lambda payload, context: value), Succeeded)
    assert isinstance(run(on_the_loop), Succeeded)
    assert isinstance(run(lambda payload, context: value, Effect.TRANSACTIONAL), Succeeded)
