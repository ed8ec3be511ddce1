"""A handler that says itself where its effect begins: what is unknown is no more than that."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, transaction

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.conf import jobs_conf
from jobs.core.errors import JobTimeout, LeaseLost, OutcomeUnknown, StartNotWritten
from jobs.core.outcome import CutOff, Failed, Lost, NotStarted, Outcome, Succeeded
from jobs.core.states import DeathReason, Effect, JobState
from jobs.handlers.context import JobContext, Payload
from jobs.models import DeadLetter, Job, Worker
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.services.starts import jobs_start
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, lose, make_due, record, stored
from jobs.tests.threads import elsewhere
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.execution.starter import NOT_STARTED_SECONDS
from jobs.worker.recording import start_writer

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[[ClaimedJob], Outcome]
Register = Callable[..., str]


class DiedHere(BaseException):
    """Stands for the end of the process: nothing is recorded of the attempt."""


@pytest.fixture
def announce(register: Register) -> Register:
    """Registers a handler of `Effect.ONCE` that says itself where its effect begins."""

    def add(handler: Any, **arguments: Any) -> str:
        return register(handler, Effect.ONCE, calls_effect_begins=True, **arguments)

    return add


def started(context: JobContext) -> bool:
    """Whether others see that the effect has begun."""
    return elsewhere(lambda: Job.objects.get(id=context.job_id).started_at is not None)


def take_away(context: JobContext) -> None:
    def lose_and_rescue() -> None:
        lose(Job.objects.get(id=context.job_id).worker)  # type: ignore[arg-type]
        jobs_rescue()

    elsewhere(lose_and_rescue)


def die_once(job: Job, run: Run, worker: Worker) -> None:
    """Its worker takes the job as far as its handler goes, dies, and is rescued from."""
    claim = claim_one(job, worker)
    run(claim)  # what it led to is never recorded
    lose(worker)
    jobs_rescue()


def test_the_start_is_written_where_the_handler_says_and_not_before(
    run: Run, worker: Worker, announce: Register
) -> None:
    seen: list[bool] = []

    def look(payload: Payload, context: JobContext) -> None:
        seen.append(started(context))
        context.effect_begins()
        seen.append(started(context))

    assert run(claim_one(make_job(type=announce(look)), worker)) == Succeeded()
    assert seen == [False, True]


def test_async_handlers_say_it_too(
    runner: AttemptRunner, worker: Worker, announce: Register
) -> None:
    seen: list[bool] = []

    async def look(payload: Payload, context: JobContext) -> None:
        seen.append(await asyncio.to_thread(started, context))
        await context.aeffect_begins()
        await context.aeffect_begins()
        seen.append(await asyncio.to_thread(started, context))

    claim = claim_one(make_job(type=announce(look)), worker)
    assert asyncio.run(runner.run_async(Attempt(claim, SystemClock()))) == Succeeded()
    assert seen == [False, True]


def test_a_second_call_does_nothing(
    run: Run, worker: Worker, announce: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    def count(**arguments: Any) -> Any:
        written.append(len(arguments["starts"]))
        return jobs_start(**arguments)

    def say_it_twice(payload: Payload, context: JobContext) -> None:
        context.effect_begins()
        take_away(context)
        context.effect_begins()

    monkeypatch.setattr(start_writer, "jobs_start", count)
    assert run(claim_one(make_job(type=announce(say_it_twice)), worker)) == Succeeded()
    assert written == [1]


def test_it_is_written_whatever_transaction_the_handler_is_in(
    run: Run, worker: Worker, announce: Register
) -> None:
    def begin_inside(payload: Payload, context: JobContext) -> None:
        with transaction.atomic():
            context.effect_begins()
            assert started(context)
            transaction.set_rollback(True)

    claim = claim_one(make_job(type=announce(begin_inside)), worker)
    assert run(claim) == Succeeded()
    assert stored(claim).started_at is not None


@pytest.mark.parametrize("effect", [Effect.ONCE, Effect.IDEMPOTENT])
@pytest.mark.parametrize("calls", [True, False])
def test_an_attempt_that_was_taken_away_does_not_begin_its_effect(
    calls: bool, effect: Effect, run: Run, worker: Worker, register: Register
) -> None:
    effects: list[str] = []

    def go_on(payload: Payload, context: JobContext) -> None:
        take_away(context)
        for _ in range(2):
            with pytest.raises(LeaseLost):
                context.effect_begins()
        context.effect_begins()
        effects.append("done")

    name = register(go_on, effect, calls_effect_begins=calls and effect is Effect.ONCE)
    assert run(claim_one(make_job(type=name), worker)) == Lost()
    assert effects == []


def test_what_died_before_it_goes_back_unharmed(
    run: Run, worker: Worker, announce: Register
) -> None:
    def die_before(payload: Payload, context: JobContext) -> None:
        raise DiedHere

    job = make_job(type=announce(die_before))
    die_once(job, run, worker)
    job.refresh_from_db()
    assert (job.state, job.failures, job.crashes, job.errors) == (JobState.QUEUED, 0, 0, [])


def test_what_died_after_it_is_unknown(run: Run, worker: Worker, announce: Register) -> None:
    def die_after(payload: Payload, context: JobContext) -> None:
        context.effect_begins()
        raise DiedHere

    job = make_job(type=announce(die_after))
    die_once(job, run, worker)
    assert DeadLetter.objects.get(job_id=job.id).reason == DeathReason.INTERRUPTED


def test_deaths_before_it_are_no_crash_loop_until_they_are_twice_the_limit(
    run: Run, runner: AttemptRunner, announce: Register
) -> None:
    """So often no deploy and no accident meets one job: it takes its workers down itself."""

    def die_before(payload: Payload, context: JobContext) -> None:
        raise DiedHere

    job = make_job(type=announce(die_before), max_retries=0)
    limit = jobs_conf().crash_limit
    for deaths in range(1, 2 * limit + 1):
        worker = make_worker()
        runner._lease.replace(worker, time.monotonic())
        make_due(job)
        die_once(job, run, worker)
        job.refresh_from_db()
        assert job.crashes == max(0, deaths - limit)
        assert (job.state == JobState.DEAD) == (deaths == 2 * limit)
    letter = DeadLetter.objects.get(job_id=job.id)
    assert letter.reason == DeathReason.CRASH_LOOP
    assert job.errors[-1]["error"] == "WorkerLost"


def test_a_crash_that_was_counted_ahead_and_did_not_come_is_taken_back(
    run: Run, worker: Worker, announce: Register
) -> None:
    def begin(payload: Payload, context: JobContext) -> None:
        counted.append(elsewhere(lambda: Job.objects.get(id=context.job_id).crashes))
        context.effect_begins()

    counted: list[int] = []
    job = make_job(type=announce(begin))
    Job.objects.filter(id=job.id).update(attempt=20)
    claim = claim_one(job, worker)
    record(claim, run(claim))
    job.refresh_from_db()
    assert (counted, job.crashes, job.state) == ([1], 0, JobState.SUCCEEDED)


def test_an_attempt_that_was_taken_away_is_not_counted_ahead(
    run: Run, worker: Worker, announce: Register
) -> None:
    called: list[int] = []
    job = make_job(type=announce(lambda payload, context: called.append(1)))
    Job.objects.filter(id=job.id).update(attempt=20)
    claim = claim_one(job, worker)
    lose(worker)
    jobs_rescue()
    assert run(claim) == NotStarted()
    assert (called, stored(job).crashes) == ([], 0)


@pytest.mark.parametrize(("begins", "outcome"), [(False, Failed), (True, CutOff)])
def test_a_timeout_before_it_is_a_failure_and_after_it_unknown(
    begins: bool, outcome: type[Outcome], run: Run, worker: Worker, announce: Register
) -> None:
    def overrun(payload: Payload, context: JobContext) -> None:
        if begins:
            context.effect_begins()
        raise JobTimeout

    assert isinstance(run(claim_one(make_job(type=announce(overrun)), worker)), outcome)


@pytest.mark.parametrize(("begins", "outcome"), [(False, Failed), (True, CutOff)])
def test_an_async_handler_that_overruns_its_time_too(
    begins: bool,
    outcome: type[Outcome],
    runner: AttemptRunner,
    worker: Worker,
    announce: Register,
) -> None:
    async def overrun(payload: Payload, context: JobContext) -> None:
        if begins:
            await context.aeffect_begins()
        await asyncio.sleep(60)

    claim = claim_one(make_job(type=announce(overrun, timeout_seconds=0.3)), worker)
    assert isinstance(asyncio.run(runner.run_async(Attempt(claim, SystemClock()))), outcome)


def test_a_handler_that_is_given_up_before_it_cannot_begin_its_effect_any_more(
    runner: AttemptRunner, worker: Worker, announce: Register
) -> None:
    """The job runs again, perhaps at this moment."""
    given_up: list[Outcome] = []

    def go_on(payload: Payload, context: JobContext) -> None:
        given_up.append(runner.give_up(attempt))
        context.effect_begins()

    attempt = Attempt(claim_one(make_job(type=announce(go_on, timeout_seconds=60)), worker), clock)
    assert runner.run(attempt) == Lost()
    assert isinstance(given_up[0], Failed)


def test_a_handler_that_is_given_up_after_it_is_unknown(
    runner: AttemptRunner, worker: Worker, announce: Register
) -> None:
    given_up: list[Outcome] = []

    def go_on(payload: Payload, context: JobContext) -> None:
        context.effect_begins()
        given_up.append(runner.give_up(attempt))

    attempt = Attempt(claim_one(make_job(type=announce(go_on, timeout_seconds=60)), worker), clock)
    assert runner.run(attempt) == Succeeded()
    assert isinstance(given_up[0], CutOff)


def test_a_handler_that_does_not_know_is_believed(
    run: Run, worker: Worker, announce: Register
) -> None:
    def unknown(payload: Payload, context: JobContext) -> None:
        raise OutcomeUnknown("who knows")

    assert isinstance(run(claim_one(make_job(type=announce(unknown)), worker)), CutOff)


def test_a_database_that_does_not_take_it_costs_no_retry(
    run: Run, worker: Worker, announce: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**arguments: object) -> None:
        raise OperationalError("too many clients already")

    def begin(payload: Payload, context: JobContext) -> None:
        try:
            context.effect_begins()
        except StartNotWritten as error:
            raised.append(error)
            raise

    raised: list[Exception] = []
    claim = claim_one(make_job(type=announce(begin)), worker)
    monkeypatch.setattr(start_writer, "jobs_start", refuse)
    assert run(claim) == NotStarted(NOT_STARTED_SECONDS)
    assert len(raised) == 1


def test_on_an_event_loop_the_call_that_blocks_is_refused(
    runner: AttemptRunner, worker: Worker, announce: Register
) -> None:
    async def block(payload: Payload, context: JobContext) -> None:
        context.effect_begins()

    claim = claim_one(make_job(type=announce(block)), worker)
    outcome = asyncio.run(runner.run_async(Attempt(claim, SystemClock())))
    assert isinstance(outcome, Failed)
    assert "await context.aeffect_begins()" in outcome.error["message"]


def test_without_a_worker_it_does_nothing() -> None:
    """So that a project's own tests may call its handlers."""
    context = JobContext(
        job_id=make_job().id,
        type="tests.note",
        queue="default",
        attempt=1,
        idempotency_key="key",
        worker="worker-1",
    )
    context.effect_begins()
    asyncio.run(context.aeffect_begins())


clock = SystemClock()
