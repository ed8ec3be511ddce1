"""What one handler leaves behind, the next one on the same slot does not find."""

import asyncio
import contextvars
import decimal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils import timezone, translation
from psycopg import IsolationLevel
from psycopg.rows import dict_row

from jobs.core.clock import SystemClock
from jobs.core.finished import Finished
from jobs.core.outcome import Outcome, Succeeded
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import JobType, job_types
from jobs.models import Worker
from jobs.tests.app.models import Note
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one
from jobs.tests.waiting import wait_until
from jobs.worker.execution import session_reset
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.execution.capacity import Capacity
from jobs.worker.execution.event_loop import EventLoop
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.lease import Lease
from jobs.worker.recording.progress_reporter import ProgressReporter
from jobs.worker.recording.start_writer import StartWriter

pytestmark = pytest.mark.django_db(transaction=True)

Handler = Callable[[Payload, JobContext], Any]

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def ask(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


class Slots:
    """One thread and one event loop, which run one job after another as a worker does."""

    def __init__(self, worker: Worker, types: dict[str, JobType], starts: StartWriter) -> None:
        self._worker = worker
        self._types = types
        self._runner = AttemptRunner(
            Lease(worker, 30.0, SystemClock()),
            Inflight(),
            starts,
            SystemClock(),
            ProgressReporter(),
        )
        self._thread = ThreadPoolExecutor(1)
        self._finished: list[Finished] = []
        capacity = Capacity(9, threading.Condition(), SystemClock())
        self._loop = EventLoop(
            capacity, self._runner.run_async, self._runner.give_up, self._finished.append
        )
        self._loop.start()

    def run(self, handler: Handler, effect: Effect = Effect.IDEMPOTENT) -> Outcome:
        payload = job_types.get("tests.note").payload
        self._types["tests.this"] = job_type = JobType("tests.this", handler, payload, effect)
        claim = claim_one(make_job(type="tests.this"), self._worker)
        if not job_type.is_async:
            attempt = Attempt(claim, SystemClock())
            return self._thread.submit(self._runner.run, attempt).result(20)
        self._loop.submit([claim])
        wait_until(lambda: claim in [one.claim for one in self._finished], every=0.001)
        return self._finished[-1].outcome

    def end(self) -> None:
        async def close(payload: Payload, context: JobContext) -> None:
            await asyncio.to_thread(connections.close_all)
            await _in_orm_thread(connections.close_all)

        self.run(close)
        self._thread.submit(connections.close_all).result(20)
        self._thread.shutdown()
        self._loop.stop()
        self._loop._thread.join(20)
        self._loop._loop.close()


async def _in_orm_thread(function: Callable[[], Any]) -> Any:
    return await sync_to_async(function)()


@pytest.fixture
def slots(monkeypatch: pytest.MonkeyPatch, starts: StartWriter) -> Iterator[Slots]:
    types = dict(job_types.as_mapping())
    monkeypatch.setattr(job_types, "_types", types)
    slots = Slots(make_worker(), types, starts)
    yield slots
    slots.end()


# Context


def change_context() -> None:
    variable.set("set")
    timezone.activate("Asia/Tokyo")
    translation.activate("ja")
    decimal.getcontext().prec = 3


def look_at_context() -> tuple[str, str, str | None, int]:
    return (
        variable.get(),
        timezone.get_current_timezone_name(),
        translation.get_language(),
        decimal.getcontext().prec,
    )


UNCHANGED = ("unset", "UTC", translation.get_language(), 28)


def test_what_a_handler_sets_in_its_context_ends_with_it_on_a_thread(slots: Slots) -> None:
    seen: list[object] = []

    def change(payload: Payload, context: JobContext) -> None:
        seen.append(look_at_context())
        change_context()

    def change_on_commit(payload: Payload, context: JobContext) -> None:
        seen.append(look_at_context())
        transaction.on_commit(change_context)

    for effect in Effect:
        assert isinstance(slots.run(change, effect), Succeeded)
        slots.run(change_on_commit, effect)
    assert seen == [UNCHANGED] * 2 * len(Effect)


def test_a_debugger_that_a_handler_leaves_behind_looks_at_no_other_code(slots: Slots) -> None:
    """It slows down whatever comes next, and what it raises comes out of any line."""
    found: list[Any] = []

    def look_on(*_: object) -> None:
        raise RuntimeError("a mistake of the debugger")

    def leave(payload: Payload, context: JobContext) -> None:
        found.append((sys.gettrace(), sys.getprofile()))
        sys.setprofile(lambda *_: None)
        sys.settrace(look_on)

    assert isinstance(slots.run(leave), Succeeded)
    assert isinstance(slots.run(leave), Succeeded)
    assert found[0] == found[1]


def test_what_a_handler_sets_in_its_context_ends_with_it_on_the_loop(slots: Slots) -> None:
    seen: list[object] = []

    def change_there() -> None:
        seen.append(look_at_context())
        change_context()

    async def change(payload: Payload, context: JobContext) -> None:
        seen.append(look_at_context())
        change_context()
        await asyncio.sleep(0)
        assert variable.get() == "set"

    async def change_in_an_executor(payload: Payload, context: JobContext) -> None:
        seen.append(look_at_context())
        await asyncio.get_running_loop().run_in_executor(None, change_there)

    for handler in (change, change, change_in_an_executor, change_in_an_executor, change):
        assert slots.run(handler) == Succeeded()
    assert seen == [UNCHANGED] * 7


# Sessions

LEAVE = """
    SET statement_timeout = 12345;
    SET TimeZone = 'Asia/Tokyo';
    SET ROLE pg_monitor;
    CREATE TEMPORARY TABLE IF NOT EXISTS left_behind (id int);
    SELECT pg_advisory_lock(4711);
    DECLARE left_open CURSOR WITH HOLD FOR SELECT 1;
    LISTEN left_on
"""


def leave(payload: Payload, context: JobContext) -> None:
    ask(LEAVE)


def leave_in_psycopg(payload: Payload, context: JobContext) -> None:
    connection.ensure_connection()
    assert connection.connection is not None
    connection.connection.execute(LEAVE)


def leave_on_commit(payload: Payload, context: JobContext) -> None:
    transaction.on_commit(lambda: ask(LEAVE))


def leave_and_fail(payload: Payload, context: JobContext) -> None:
    ask(LEAVE)
    raise RuntimeError("failed")


def session() -> dict[str, Any]:
    return {
        "pid": ask("SELECT pg_backend_pid()"),
        "statement_timeout": ask("SHOW statement_timeout"),
        "time zone": ask("SHOW TimeZone"),
        "role": ask("SELECT current_user = session_user"),
        "table": ask("SELECT to_regclass('left_behind')::text"),
        "locks": ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"),
        "cursors": ask("SELECT count(*) FROM pg_cursors WHERE name = 'left_open'"),
        "channels": ask("SELECT count(*) FROM pg_listening_channels()"),
    }


@pytest.mark.parametrize("handler", [leave, leave_in_psycopg, leave_on_commit, leave_and_fail])
@pytest.mark.parametrize("effect", Effect)
def test_a_session_that_a_handler_changed_is_reset(
    effect: Effect, handler: Handler, slots: Slots
) -> None:
    seen: list[dict[str, Any]] = []

    def look(payload: Payload, context: JobContext) -> None:
        seen.append(session())

    slots.run(look)
    slots.run(handler, effect)
    # Nobody else waits for a lock that an idle slot would hold.
    assert ask("SELECT pg_try_advisory_lock(4711), pg_advisory_unlock(4711)")
    slots.run(look)
    before, after = seen
    assert after == before


@pytest.mark.parametrize("through", ["orm", "to_thread"])
def test_a_session_that_an_async_handler_changed_is_reset(through: str, slots: Slots) -> None:
    seen: list[dict[str, Any]] = []

    async def there(function: Callable[[], Any]) -> Any:
        return await (_in_orm_thread(function) if through == "orm" else asyncio.to_thread(function))

    async def look(payload: Payload, context: JobContext) -> None:
        seen.append(await there(session))

    async def leave_there(payload: Payload, context: JobContext) -> None:
        await there(lambda: ask(LEAVE))

    for handler in (look, leave_there, look):
        assert slots.run(handler) == Succeeded()
    before, after = seen
    assert after == before


def test_a_handler_that_cancels_its_own_task_and_returns_has_succeeded(slots: Slots) -> None:
    """The cancellation comes at the next thing that is awaited, which is the worker's own."""

    async def use(payload: Payload, context: JobContext) -> None:
        await _in_orm_thread(session)

    async def cancel_itself(payload: Payload, context: JobContext) -> None:
        await use(payload, context)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    for handler in (use, cancel_itself, use):
        assert slots.run(handler) == Succeeded()


def test_what_a_handler_does_to_the_event_loop_ends_with_it(slots: Slots) -> None:
    """A claim whose task cannot be made would run, by its row, for as long as the worker lives."""

    def fail(*_: object, **__: object) -> Any:
        raise RuntimeError("a factory with a mistake")

    async def leave_there(payload: Payload, context: JobContext) -> None:
        loop = asyncio.get_running_loop()
        await loop.shutdown_default_executor()
        loop.set_exception_handler(fail)
        loop.set_task_factory(fail)

    async def use(payload: Payload, context: JobContext) -> None:
        assert asyncio.get_running_loop().get_exception_handler() is None
        await asyncio.create_task(asyncio.to_thread(session))

    for handler in (leave_there, use):
        assert slots.run(handler) == Succeeded()


def test_async_handlers_that_run_at_the_same_time_do_not_reset_each_other(slots: Slots) -> None:
    """They share a session: it is reset when none of them runs any more."""
    seen: list[dict[str, Any]] = []
    runner = slots._runner

    async def other(payload: Payload, context: JobContext) -> None:
        await _in_orm_thread(lambda: ask("SELECT 1"))

    async def outer(payload: Payload, context: JobContext) -> None:
        await _in_orm_thread(lambda: ask("SET statement_timeout = 12345"))
        claim = claims.pop()
        payload_class = job_types.get("tests.note").payload
        slots._types["tests.other"] = JobType(
            "tests.other", other, payload_class, Effect.IDEMPOTENT
        )
        assert await runner.run_async(Attempt(claim, SystemClock())) == Succeeded()
        seen.append(await _in_orm_thread(session))

    payload_class = job_types.get("tests.note").payload
    slots._types["tests.other"] = JobType("tests.other", other, payload_class, Effect.IDEMPOTENT)
    claims = [claim_one(make_job(type="tests.other"), slots._worker)]
    assert slots.run(outer) == Succeeded()
    assert seen[0]["statement_timeout"] == "12345ms"


def _refuse(execute: Any, *_: Any) -> Any:
    raise AssertionError("a statement of another job")


def _hear(told: Any) -> None:
    """Would hear of another job's statements."""


def change_in_python(payload: Payload, context: JobContext) -> None:
    """What Django and psycopg keep beside the session."""
    ask("SELECT 1")
    raw: Any = connection.connection
    raw.isolation_level = IsolationLevel.SERIALIZABLE
    raw.read_only = raw.deferrable = True
    raw.row_factory = dict_row
    raw.add_notice_handler(_hear)
    raw.add_notify_handler(_hear)
    connection.force_debug_cursor = True
    connection.execute_wrappers.append(_refuse)


def turn_autocommit_off_in_psycopg(payload: Payload, context: JobContext) -> None:
    """Django does not know of it; there is no transaction at the end."""
    ask("SELECT 1")
    raw: Any = connection.connection
    raw.autocommit = False


@pytest.mark.parametrize("change", [change_in_python, turn_autocommit_off_in_psycopg])
@pytest.mark.parametrize("effect", Effect)
def test_what_is_kept_of_a_connection_beside_its_session_is_put_back(
    effect: Effect, change: Handler, slots: Slots
) -> None:
    if effect is Effect.TRANSACTIONAL:
        change = _after(change)  # none of it can be changed in a transaction
    seen: list[tuple[Any, ...]] = []

    def look(payload: Payload, context: JobContext) -> None:
        with transaction.atomic():
            Note.objects.create(text="kept", job_id=context.job_id, attempt=1)
            seen.append(
                (
                    ask("SELECT pg_backend_pid()"),
                    ask("SHOW transaction_isolation"),
                    ask("SHOW transaction_deferrable"),
                    connection.force_debug_cursor,
                    len(getattr(connection.connection, "_notice_handlers")),  # noqa: B009
                    len(getattr(connection.connection, "_notify_handlers")),  # noqa: B009
                )
            )

    for handler in (look, change, look):
        assert isinstance(slots.run(handler, effect), Succeeded)
    before, after = seen
    assert after == before
    assert Note.objects.count() == 2


def _after(change: Handler) -> Handler:
    def handler(payload: Payload, context: JobContext) -> None:
        transaction.on_commit(lambda: change(payload, context))

    return handler


def test_receivers_that_add_a_wrapper_add_it_once(slots: Slots) -> None:
    counts: list[int] = []

    def passing(execute: Any, *arguments: Any) -> Any:
        return execute(*arguments)

    def add(connection: Any, **_: Any) -> None:
        connection.execute_wrappers.append(passing)

    def look(payload: Payload, context: JobContext) -> None:
        ask("SELECT 1")
        counts.append(connection.execute_wrappers.count(passing))

    connection_created.connect(add)
    try:
        for _ in range(4):
            slots.run(look)
    finally:
        connection_created.disconnect(add)
    assert counts == [1] * 4


@pytest.fixture
def resets(monkeypatch: pytest.MonkeyPatch) -> list[BaseDatabaseWrapper]:
    """The connections whose sessions were reset."""
    done: list[BaseDatabaseWrapper] = []
    set_up = session_reset._set_up_as_new

    def note(wrapper: Any, raw: Any) -> None:
        done.append(wrapper)
        set_up(wrapper, raw)

    monkeypatch.setattr(session_reset, "_set_up_as_new", note)
    return done


def test_handlers_that_touch_no_session_cost_no_reset(
    slots: Slots, resets: list[BaseDatabaseWrapper]
) -> None:
    async def nothing_async(payload: Payload, context: JobContext) -> None:
        """Does nothing."""

    for _ in range(2):
        for effect in Effect:  # of which some write their start, or commit, on the same connection
            assert isinstance(slots.run(lambda payload, context: None, effect), Succeeded)
        for effect in (Effect.ONCE, Effect.IDEMPOTENT):
            assert slots.run(nothing_async, effect) == Succeeded()
    assert resets == []
    slots.run(lambda payload, context: Note.objects.count(), Effect.ONCE)
    assert len(resets) == 1
    slots.run(lambda payload, context: None, Effect.ONCE)
    assert len(resets) == 1


def test_kept_plans_survive_a_reset(slots: Slots) -> None:
    kept: list[int] = []

    def prepare(payload: Payload, context: JobContext) -> None:
        ask("PREPARE kept AS SELECT 1")

    def look(payload: Payload, context: JobContext) -> None:
        kept.append(ask("SELECT count(*) FROM pg_prepared_statements WHERE name = 'kept'"))

    for handler in (prepare, leave, look):
        assert slots.run(handler) == Succeeded()
    assert kept == [1]


def test_settings_of_the_project_are_made_again(slots: Slots) -> None:
    seen: list[str] = []

    def set_mine(connection: Any, **_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET application_name = 'mine'")

    def look(payload: Payload, context: JobContext) -> None:
        seen.append(ask("SHOW application_name"))
        ask("SET application_name = 'other'")

    connection_created.connect(set_mine)
    try:
        slots.run(look)
        slots.run(look)
    finally:
        connection_created.disconnect(set_mine)
    assert seen == ["mine", "mine"]


def test_a_session_that_cannot_be_reset_is_closed(
    slots: Slots, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[dict[str, Any]] = []

    def look(payload: Payload, context: JobContext) -> None:
        seen.append(session())

    slots.run(look)
    with monkeypatch.context() as patch:
        patch.setattr(session_reset, "_RESET", "SELECT 1 / 0")
        assert slots.run(leave) == Succeeded()
    assert "could not be reset" in caplog.text
    assert slots.run(look) == Succeeded()
    before, after = seen
    assert after.pop("pid") != before.pop("pid")
    assert after == before
