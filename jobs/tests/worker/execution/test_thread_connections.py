"""The connections of handlers: cut ones are replaced, and no transaction is left open."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.outcome import Outcome, Succeeded
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import JobType, job_types
from jobs.models import Job, Worker
from jobs.tests.app.models import Note
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one
from jobs.tests.worker.execution.runners import make_runner
from jobs.worker.execution import orm_thread as orm_thread_module
from jobs.worker.execution import thread_connections as connections_module
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.execution.thread_connections import thread_connections
from jobs.worker.recording.start_writer import StartWriter

pytestmark = pytest.mark.django_db(transaction=True)

R = TypeVar("R")
Register = Callable[..., str]


@pytest.fixture
def worker() -> Worker:
    return make_worker()


@pytest.fixture
def runner(worker: Worker, starts: StartWriter) -> AttemptRunner:
    return make_runner(worker, starts)


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Registers a handler for this test; returns the name of its type."""

    def add(handler: Callable[[Payload, JobContext], object], effect: Effect) -> str:
        payload = job_types.get("tests.note").payload
        job_type = JobType("tests.this", handler, payload, effect)
        monkeypatch.setitem(job_types._types, "tests.this", job_type)
        return "tests.this"

    return add


class Slot:
    """A thread that lives as long as the test, as a slot of the worker does."""

    def __init__(self, runner: AttemptRunner) -> None:
        self._attempt_runner = runner
        self._pool = ThreadPoolExecutor(1)

    def call(self, function: Callable[[], R]) -> R:
        return self._pool.submit(function).result(20)

    def run(self, claim: ClaimedJob) -> Outcome:
        return self.call(lambda: self._attempt_runner.run(Attempt(claim, SystemClock())))

    def end(self) -> None:
        self.call(connections.close_all)
        self._pool.shutdown()


@pytest.fixture
def slot(runner: AttemptRunner) -> Iterator[Slot]:
    slot = Slot(runner)
    yield slot
    slot.end()


def server_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def cut_all_others() -> None:
    """Every connection of the test's processes is cut, except the caller's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def note(payload: Payload, context: JobContext) -> None:
    Note.objects.create(text="hello", job_id=context.job_id, attempt=context.attempt)


# A transaction that a handler leaves open


def begin(payload: Payload, context: JobContext) -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
    note(payload, context)


def turn_autocommit_off(payload: Payload, context: JobContext) -> None:
    transaction.set_autocommit(False)
    note(payload, context)


def enter_atomic(payload: Payload, context: JobContext) -> None:
    transaction.atomic().__enter__()
    note(payload, context)


@pytest.mark.parametrize("handler", [begin, turn_autocommit_off, enter_atomic])
def test_a_transaction_that_a_handler_leaves_open_is_not_the_next_ones(
    handler: Callable[[Payload, JobContext], None],
    slot: Slot,
    worker: Worker,
    register: Register,
    caplog: pytest.LogCaptureFixture,
) -> None:
    slot.run(claim_one(make_job(type=register(handler, Effect.ONCE)), worker))
    assert "(tests.this) left a transaction open" in caplog.text
    register(lambda payload, context: None, Effect.ONCE)
    job = make_job(type="tests.this")
    assert slot.run(claim_one(job, worker)) == Succeeded()
    assert Job.objects.get(id=job.id).started_at is not None  # for others, too
    assert not Note.objects.exists()
    assert slot.call(lambda: (Note.objects.count(), connection.in_atomic_block)) == (0, False)


def test_a_handler_that_leaves_nothing_open_keeps_its_connection(
    slot: Slot, worker: Worker, register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    pids: list[int] = []

    def note_pid(payload: Payload, context: JobContext) -> None:
        with transaction.atomic():
            pids.append(server_pid())

    for effect in (Effect.ONCE, Effect.IDEMPOTENT, Effect.TRANSACTIONAL):
        slot.run(claim_one(make_job(type=register(note_pid, effect)), worker))
    assert len(pids) == 3
    assert len(set(pids)) == 1
    assert "left a transaction open" not in caplog.text


# Connections that were cut


def test_async_jobs_go_on_after_every_connection_was_cut(
    runner: AttemptRunner, worker: Worker, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (orm_thread_module, connections_module):
        monkeypatch.setattr(module, "CHECK_SECONDS", 0.0)

    async def use_the_orm(payload: Payload, context: JobContext) -> None:
        await Note.objects.acreate(text="hello", job_id=context.job_id, attempt=context.attempt)

    name = register(use_the_orm, Effect.ONCE)
    claims = [claim_one(make_job(type=name), worker) for _ in range(3)]

    async def run() -> list[Outcome]:
        first = await runner.run_async(Attempt(claims[0], SystemClock()))
        cut = ThreadPoolExecutor(1)
        await asyncio.get_running_loop().run_in_executor(cut, cut_and_close)
        rest = [await runner.run_async(Attempt(claim, SystemClock())) for claim in claims[1:]]
        await asyncio.to_thread(connections.close_all)
        await sync_to_async(connections.close_all)()
        return [first, *rest]

    with asyncio.Runner() as loop:
        loop.get_loop().set_default_executor(ThreadPoolExecutor(1))
        outcomes = loop.run(run())
    connection.close()  # it was cut as well
    assert outcomes == [Succeeded()] * 3


def cut_and_close() -> None:
    cut_all_others()
    connection.close()


def test_a_cut_connection_costs_no_start(slot: Slot, worker: Worker, register: Register) -> None:
    name = register(lambda payload, context: None, Effect.ONCE)
    claims = [claim_one(make_job(type=name), worker) for _ in range(2)]
    assert slot.run(claims[0]) == Succeeded()
    cut_all_others()
    assert slot.run(claims[1]) == Succeeded()


@pytest.mark.parametrize("closes", [True, False])
def test_a_copy_of_a_connection_ends_with_its_handler(
    closes: bool, slot: Slot, worker: Worker, register: Register
) -> None:
    def use_a_copy(payload: Payload, context: JobContext) -> None:
        copy = connection.copy()
        with copy.cursor() as cursor:
            cursor.execute("SELECT 1")
        if closes:
            copy.close()
        connection.ensure_connection()

    name = register(use_a_copy, Effect.IDEMPOTENT)
    for _ in range(5):
        assert slot.run(claim_one(make_job(type=name), worker)) == Succeeded()
    assert slot.call(lambda: len(thread_connections.opened)) == 1
