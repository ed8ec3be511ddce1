"""A transactional handler that is silent for too long: its error names the limit."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, connections
from pytest_django.fixtures import Settings

from jobs.core.attempt_error import AttemptError
from jobs.core.clock import SystemClock
from jobs.core.errors import PermanentError
from jobs.core.outcome import Failed, FailedForGood, Outcome, Succeeded
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import JobType, job_types
from jobs.tests.app.models import Note
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one
from jobs.tests.worker.execution.runners import make_runner
from jobs.worker.execution.attempt import Attempt
from jobs.worker.recording.start_writer import StartWriter

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT_SECONDS = 0.2
SILENT_SECONDS = 0.6

Handler = Callable[[Payload, JobContext], None]
Run = Callable[..., Outcome]


@pytest.fixture
def run(settings: Settings, starts: StartWriter, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs one attempt of a transactional handler."""
    settings.JOBS_WORKER_TIMEOUT_SECONDS = LIMIT_SECONDS
    worker = make_worker()
    runner = make_runner(worker, starts)

    def run_one(handler: Handler, timeout_seconds: float | None = None) -> Outcome:
        job_type = JobType(
            "tests.silent",
            handler,
            job_types.get("tests.note").payload,
            Effect.TRANSACTIONAL,
            timeout_seconds=timeout_seconds,
        )
        monkeypatch.setitem(job_types._types, "tests.silent", job_type)
        return runner.run(Attempt(claim_one(make_job(type="tests.silent"), worker), SystemClock()))

    yield run_one
    connections.close_all()


def ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def be_silent(payload: Payload, context: JobContext) -> None:
    time.sleep(SILENT_SECONDS)


def be_silent_and_ask(payload: Payload, context: JobContext) -> None:
    time.sleep(SILENT_SECONDS)
    Note.objects.create(text="hello", job_id=context.job_id, attempt=context.attempt)


def be_silent_and_hide_it(payload: Payload, context: JobContext) -> None:
    time.sleep(SILENT_SECONDS)
    with suppress(DatabaseError):
        ask()
    ask()


def error_in(outcome: Outcome) -> AttemptError:
    assert isinstance(outcome, Failed | FailedForGood)
    return outcome.error


@pytest.mark.parametrize("handler", [be_silent, be_silent_and_ask, be_silent_and_hide_it])
def test_the_error_names_the_limit_and_what_to_set(handler: Handler, run: Run) -> None:
    outcome = run(handler)
    assert isinstance(outcome, Failed)
    assert outcome.error["error"] == "TransactionSilent"
    message = outcome.error["message"]
    assert "asked nothing of it for 0.2 s" in message
    assert "'tests.silent'" in message
    assert "timeout_seconds" in message
    assert "JOBS_WORKER_TIMEOUT_SECONDS" in message


def test_what_a_handler_makes_of_it_keeps_its_class(run: Run) -> None:
    def give_up(payload: Payload, context: JobContext) -> None:
        try:
            be_silent_and_ask(payload, context)
        except DatabaseError as error:
            raise PermanentError("never") from error

    outcome = run(give_up)
    assert isinstance(outcome, FailedForGood)
    assert outcome.error["error"] == "PermanentError"
    assert "asked nothing of it for 0.2 s" in outcome.error["traceback"]


def test_a_timeout_of_the_type_is_the_limit_then(run: Run) -> None:
    assert run(be_silent_and_ask, timeout_seconds=20) == Succeeded(recorded=True)
    assert Note.objects.count() == 1


def test_another_error_is_not_called_silence(run: Run) -> None:
    def fail(payload: Payload, context: JobContext) -> None:
        time.sleep(LIMIT_SECONDS / 4)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    assert error_in(run(fail))["error"] == "DataError"


def test_a_connection_that_was_cut_sooner_is_not_called_silence(run: Run) -> None:
    def cut(payload: Payload, context: JobContext) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    assert error_in(run(cut))["error"] != "TransactionSilent"
