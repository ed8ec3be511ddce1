"""What PostgreSQL and the lease let begin, and what becomes of the rest."""

import time
from collections.abc import Callable

import pytest
from django.db import OperationalError, ProgrammingError, connection
from pytest_django.fixtures import Settings

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.ids import uuid7_floor
from jobs.core.outcome import (
    NotStarted,
    Outcome,
)
from jobs.core.states import Effect, JobState
from jobs.handlers.context import JobContext, Payload
from jobs.models import Job, Worker
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.tests.conftest import Notes
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, lose
from jobs.tests.threads import elsewhere
from jobs.tests.worker.execution.runners import make_runner
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.starter import NOT_STARTED_SECONDS, UNKNOWN_TYPE_SECONDS
from jobs.worker.recording import start_writer
from jobs.worker.recording.start_writer import StartWriter

pytestmark = pytest.mark.django_db(transaction=True)

Register = Callable[..., str]

Run = Callable[[ClaimedJob], Outcome]


def test_a_type_that_is_not_registered_here_waits_for_a_worker_that_knows_it(
    run: Run, worker: Worker
) -> None:
    claim = claim_one(make_job(), worker)
    assert run(claim._replace(type="tests.gone")) == NotStarted(UNKNOWN_TYPE_SECONDS)


@pytest.mark.parametrize(
    ("age_seconds", "wait_seconds"), [(1, 15), (60, 60), (400, 400), (86_400, 600)]
)
def test_the_longer_a_type_is_unknown_the_less_often_its_jobs_are_tried(
    age_seconds: float, wait_seconds: float, run: Run, worker: Worker
) -> None:
    claim = claim_one(make_job(), worker)
    made = uuid7_floor(time.time() - age_seconds)
    outcome = run(claim._replace(type="tests.gone", id=made))
    assert isinstance(outcome, NotStarted)
    assert outcome.after_seconds == pytest.approx(wait_seconds, abs=1)


def test_what_cannot_be_started_for_want_of_memory_goes_back(
    run: Run, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has not begun: it is not for a person to decide what has become of it."""

    def no_memory(**_: object) -> object:
        raise MemoryError

    claim = claim_one(make_job(type="tests.note_once"), worker)
    monkeypatch.setattr(start_writer, "jobs_start", no_memory)
    assert run(claim) == NotStarted(NOT_STARTED_SECONDS)


def test_a_type_that_is_not_known_here_is_logged_once(
    run: Run, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    for job_type in ["tests.gone", "tests.gone", "tests.other", "tests.gone"]:
        run(claim_one(make_job(), worker)._replace(type=job_type))
    events = [record for record in caplog.records if record.msg.startswith("Job %s: no handler")]
    assert [record.__dict__["job_type"] for record in events] == ["tests.gone", "tests.other"]


@pytest.mark.parametrize(("log_jobs", "level"), [(True, "INFO"), (False, "DEBUG")])
def test_each_start_has_one_line_at_info_or_none(
    log_jobs: bool,
    level: str,
    worker: Worker,
    starts: StartWriter,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.JOBS_LOG_JOBS = log_jobs
    caplog.set_level("DEBUG", "jobs.worker")
    claim = claim_one(make_job(), worker)
    make_runner(worker, starts).run(Attempt(claim, SystemClock()))
    [started] = [one for one in caplog.records if vars(one).get("event") == "job.started"]
    assert started.levelname == level
    assert (vars(started)["queue"], vars(started)["worker"]) == (claim.queue, worker.name)


def test_the_start_of_what_must_not_be_repeated_is_written_before_it_begins(
    run: Run, worker: Worker, register: Register
) -> None:
    seen: list[Job] = []

    def read_row(payload: Payload, context: JobContext) -> None:
        seen.append(elsewhere(lambda: Job.objects.get(id=context.job_id)))

    run(claim_one(make_job(type=register(read_row, Effect.ONCE)), worker))
    assert seen[0].started_at is not None
    assert seen[0].state == JobState.RUNNING


def test_what_was_taken_away_does_not_begin(run: Run, worker: Worker, notes: Notes) -> None:
    claim = claim_one(make_job(type="tests.note_once"), worker)
    lose(worker)
    jobs_rescue()
    assert run(claim) == NotStarted()
    assert notes.texts() == []


def test_what_was_claimed_under_a_former_row_does_not_begin(run: Run, notes: Notes) -> None:
    claim = claim_one(make_job(), make_worker())
    assert run(claim) == NotStarted()
    assert notes.texts() == []


def test_a_worker_whose_lease_is_over_begins_nothing(
    worker: Worker, starts: StartWriter, notes: Notes
) -> None:
    runner = make_runner(worker, starts, timeout_seconds=0.0)
    claim = claim_one(make_job(), worker)
    assert runner.run(Attempt(claim, SystemClock())) == NotStarted()
    assert notes.texts() == []


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        (Effect.ONCE, OperationalError),
        (Effect.ONCE, ProgrammingError),
        (Effect.TRANSACTIONAL, OperationalError),
    ],
)
def test_what_postgresql_did_not_let_begin_comes_back_later_at_no_cost(
    effect: Effect,
    error: type[Exception],
    run: Run,
    worker: Worker,
    register: Register,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[int] = []

    def note_call(payload: Payload, context: JobContext) -> None:
        called.append(1)

    claim = claim_one(make_job(type=register(note_call, effect)), worker)

    def refuse(*args: object, **kwargs: object) -> None:
        raise error("too many clients already")

    monkeypatch.setattr(start_writer, "jobs_start", refuse)
    with connection.execute_wrapper(refuse):
        assert run(claim) == NotStarted(NOT_STARTED_SECONDS)
    assert called == []
