"""One attempt from claim to outcome: what PostgreSQL knows while the handler runs, and after."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction

from jobs.broker.redis import RedisBroker
from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.errors import (
    JobCancelled,
    OutcomeUnknown,
    PermanentError,
    RetryAfter,
)
from jobs.core.outcome import (
    Cancelled,
    CutOff,
    Failed,
    FailedForGood,
    Lost,
    NotStarted,
    Outcome,
    Succeeded,
)
from jobs.core.states import DeathReason, Effect, JobState
from jobs.handlers.context import JobContext, Payload
from jobs.models import Job, ProcessedKey, Worker
from jobs.services.cancel import job_cancel
from jobs.services.enqueue import job_enqueue
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.services.progress import job_progress
from jobs.services.results import ShownResult, job_result
from jobs.tests.app.models import Note
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, lose, record, stored
from jobs.tests.threads import elsewhere
from jobs.tests.worker.execution.runners import make_runner
from jobs.worker.execution.attempt import Attempt
from jobs.worker.inflight import Inflight
from jobs.worker.recording.progress_reporter import ProgressReporter
from jobs.worker.recording.start_writer import StartWriter

pytestmark = pytest.mark.django_db(transaction=True)

Register = Callable[..., str]


Run = Callable[[ClaimedJob], Outcome]


def test_the_handler_gets_its_payload_and_what_there_is_to_know(
    run: Run, worker: Worker, register: Register
) -> None:
    calls: list[tuple[Payload, JobContext]] = []

    def keep(payload: Payload, context: JobContext) -> None:
        calls.append((payload, context))

    job = make_job(type=register(keep), idempotency_key="order-1", queue="bulk")
    claim = claim_one(job, worker)
    assert run(claim) == Succeeded()
    [(payload, context)] = calls
    assert payload == claim.payload
    assert (context.job_id, context.type, context.queue) == (job.id, "tests.keep", "bulk")
    assert context.attempt == 1
    assert context.idempotency_key == ":tests.keep:order-1:"
    assert context.worker == "worker-1"
    assert not context.cancelled


@pytest.mark.parametrize(
    ("exception", "outcome"),
    [
        (RuntimeError("no"), Failed),
        (SystemExit(1), Failed),
        (KeyboardInterrupt(), Failed),
        (PermanentError("never"), FailedForGood),
        (OutcomeUnknown("who knows"), CutOff),
        (RetryAfter(7.5), Failed),
        (JobCancelled(), Cancelled),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
@pytest.mark.parametrize("effect", Effect)
def test_what_a_handler_raises_says_what_happened(
    exception: BaseException,
    outcome: type[Outcome],
    effect: Effect,
    run: Run,
    worker: Worker,
    register: Register,
) -> None:
    def fail(payload: Payload, context: JobContext) -> None:
        raise exception

    result = run(claim_one(make_job(type=register(fail, effect)), worker))
    assert isinstance(result, outcome)
    if isinstance(result, Failed | FailedForGood | CutOff):
        assert result.error["error"] == type(exception).__name__
        assert result.error["worker"] == "worker-1"
        assert "in fail" in result.error["traceback"]
    if isinstance(exception, RetryAfter):
        assert result == Failed(result.error, after_seconds=7.5)  # type: ignore[union-attr]


def test_sensitive_values_do_not_reach_postgresql(run: Run, worker: Worker) -> None:
    job = make_job(payload={"text": "hello", "failures": 1, "secret": "hunter2"})
    claim = claim_one(job, worker)
    record(claim, run(claim))
    [attempt] = stored(job).errors
    assert attempt["message"] == "failed on purpose ********"
    assert "hunter2" not in str(attempt)


def test_a_handler_learns_that_its_job_was_cancelled(
    run: Run, worker: Worker, inflight: Inflight, register: Register
) -> None:
    def stop(payload: Payload, context: JobContext) -> None:
        assert not context.cancelled
        elsewhere(lambda: job_cancel(job_id=context.job_id))
        held = [context.job_id]
        inflight.cancel(elsewhere(lambda: Job.objects.cancel_requested(worker.id, held)))
        assert context.cancelled
        context.stop_if_cancelled()

    claim = claim_one(make_job(type=register(stop)), worker)
    inflight.add([claim])
    outcome = run(claim)
    assert outcome == Cancelled()
    record(claim, outcome)
    assert stored(claim).state == JobState.CANCELLED


# Transactional handlers


def transactional(**payload: object) -> Job:
    return make_job(type="tests.note_transactional", payload={"text": "hello"} | payload)


def test_the_work_of_a_transactional_handler_commits_with_its_success(
    run: Run, worker: Worker
) -> None:
    payload = {"text": "hello"}
    job = make_job(type="tests.note_transactional", payload=payload, idempotency_key="order-7")
    claim = claim_one(job, worker)
    outcome = run(claim)
    assert outcome == Succeeded(recorded=True)
    assert elsewhere(lambda: stored(claim)).state == JobState.SUCCEEDED
    assert Note.objects.get().job_id == claim.id
    assert ProcessedKey.objects.get(key=claim.effect_key).processed_at is not None
    assert record(claim, outcome).move is None
    assert stored(claim).state == JobState.SUCCEEDED


def test_while_a_transactional_handler_runs_its_work_is_invisible(
    run: Run, worker: Worker, register: Register
) -> None:
    seen: list[tuple[int, str]] = []

    def write(payload: Payload, context: JobContext) -> None:
        Note.objects.create(text="hello", job_id=context.job_id, attempt=context.attempt)
        seen.append(
            elsewhere(
                lambda: (Note.objects.count(), Job.objects.get(id=context.job_id).state),
            )
        )

    claim = claim_one(make_job(type=register(write, Effect.TRANSACTIONAL)), worker)
    run(claim)
    assert seen == [(0, JobState.RUNNING)]
    assert Note.objects.count() == 1


def test_what_a_failed_transactional_handler_did_never_happened(run: Run, worker: Worker) -> None:
    claim = claim_one(transactional(failures=1), worker)
    outcome = run(claim)
    assert isinstance(outcome, Failed)
    assert not Note.objects.exists()
    assert not ProcessedKey.objects.exists()
    record(claim, outcome)
    assert stored(claim).state == JobState.QUEUED


def test_a_transactional_handler_whose_attempt_was_taken_away_commits_nothing(
    run: Run, worker: Worker, register: Register
) -> None:
    def write(payload: Payload, context: JobContext) -> None:
        Note.objects.create(text="hello", job_id=context.job_id, attempt=context.attempt)
        elsewhere(lambda: lose(worker))
        elsewhere(jobs_rescue)

    claim = claim_one(make_job(type=register(write, Effect.TRANSACTIONAL)), worker)
    outcome = run(claim)
    assert outcome == Lost()
    assert not Note.objects.exists()
    assert not ProcessedKey.objects.exists()
    assert stored(claim).state == JobState.QUEUED
    assert record(claim, outcome).move is None


def test_a_transactional_handler_runs_exactly_once_though_its_first_attempt_was_frozen(
    run: Run, worker: Worker, starts: StartWriter, register: Register
) -> None:
    """The second attempt succeeds while the first one still runs."""
    others: list[Outcome] = []

    def second_attempt(job_id: UUID) -> None:
        other = make_worker()
        Job.objects.filter(id=job_id).update(run_at=Job.objects.get(id=job_id).created_at)
        again = claim_one(Job.objects.get(id=job_id), other)
        runner = make_runner(other, starts)
        others.append(runner.run(Attempt(again, SystemClock())))

    def write(payload: Payload, context: JobContext) -> None:
        Note.objects.create(text="hello", job_id=context.job_id, attempt=context.attempt)
        if context.attempt == 1:
            elsewhere(lambda: lose(worker))
            elsewhere(jobs_rescue)
            elsewhere(lambda: second_attempt(context.job_id))

    claim = claim_one(make_job(type=register(write, Effect.TRANSACTIONAL)), worker)
    assert run(claim) == Lost()
    assert others == [Succeeded(recorded=True)]
    assert Note.objects.get().attempt == 2


def test_jobs_that_a_transactional_handler_enqueues_exist_with_its_success(
    run: Run, worker: Worker, register: Register, broker: RedisBroker
) -> None:
    depths: list[int] = []

    def chain(payload: Payload, context: JobContext) -> None:
        job_enqueue(type="tests.note", payload={"text": "next"})
        depths.append(sum(broker.depth(["default"]).ready.values()))
        if payload["failures"] >= context.attempt:
            raise RuntimeError("failed")

    name = register(chain, Effect.TRANSACTIONAL)
    claim = claim_one(make_job(type=name, payload={"text": "x", "failures": 1}), worker)
    broker.forget_everything()
    assert isinstance(run(claim), Failed)
    assert Job.objects.filter(type="tests.note").count() == 0
    again = claim_one(make_job(type=name), worker)
    broker.forget_everything()
    assert run(again) == Succeeded(recorded=True)
    assert depths == [0, 0]
    follower = Job.objects.get(type="tests.note")
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [follower.id]


def test_a_failure_after_the_commit_changes_nothing_any_more(
    run: Run, worker: Worker, register: Register
) -> None:
    """A hook that fails: the success is in PostgreSQL, so the failure is not written."""

    def hook(payload: Payload, context: JobContext) -> None:
        transaction.on_commit(lambda: 1 / 0)

    claim = claim_one(make_job(type=register(hook, Effect.TRANSACTIONAL)), worker)
    outcome = run(claim)
    assert isinstance(outcome, Failed)
    assert not record(claim, outcome).written
    assert stored(claim).state == JobState.SUCCEEDED


def test_a_handler_that_hides_a_broken_transaction_has_failed(
    run: Run, worker: Worker, register: Register
) -> None:
    def careless(payload: Payload, context: JobContext) -> None:
        try:
            Note.objects.create(text="x" * 1_000, job_id=context.job_id, attempt=1)
        except Exception:  # noqa: BLE001 - this is the carelessness
            return

    claim = claim_one(make_job(type=register(careless, Effect.TRANSACTIONAL)), worker)
    assert isinstance(run(claim), Failed)
    assert stored(claim).state == JobState.RUNNING


def test_the_outcome_of_one_that_does_not_know_is_for_a_person(run: Run, worker: Worker) -> None:
    job = make_job(
        type="tests.note_once", payload={"text": "hello", "failures": 1, "error": "unknown"}
    )
    claim = claim_one(job, worker)
    record(claim, run(claim))
    letter = job.dead_letters.get()
    assert letter.reason == DeathReason.INTERRUPTED
    assert letter.error == "OutcomeUnknown: who knows"


def test_a_transactional_handler_that_had_begun_has_failed_when_postgresql_fails(
    run: Run, worker: Worker, register: Register
) -> None:
    def fail(payload: Payload, context: JobContext) -> None:
        raise OperationalError("a statement of the handler's own")

    claim = claim_one(make_job(type=register(fail, Effect.TRANSACTIONAL)), worker)
    outcome = run(claim)
    assert isinstance(outcome, Failed)


def test_a_transactional_handler_on_a_demoted_primary_costs_no_retry(
    run: Run, worker: Worker, register: Register
) -> None:
    name = register(write_note, Effect.TRANSACTIONAL)
    claim = claim_one(make_job(type=name), worker)
    become_read_only()
    outcome = run(claim)
    assert isinstance(outcome, NotStarted)
    record(claim, outcome)
    assert (stored(claim).state, stored(claim).failures) == (JobState.QUEUED, 0)
    # The session is given up, so the next attempt is on another server.
    assert run(claim_one(make_job(type=name), worker)) == Succeeded(recorded=True)


def test_any_other_handler_on_a_demoted_primary_fails_once(
    run: Run, worker: Worker, register: Register
) -> None:
    name = register(write_note, Effect.IDEMPOTENT)
    claim = claim_one(make_job(type=name), worker)
    become_read_only()
    assert isinstance(run(claim), Failed)
    assert run(claim_one(make_job(type=name), worker)) == Succeeded()


def test_a_handler_that_forbids_itself_to_write_has_failed(
    run: Run, worker: Worker, register: Register
) -> None:
    def forbid(payload: Payload, context: JobContext) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        write_note(payload, context)

    claim = claim_one(make_job(type=register(forbid, Effect.TRANSACTIONAL)), worker)
    assert isinstance(run(claim), Failed)


def write_note(payload: Payload, context: JobContext) -> None:
    Note.objects.create(text="hello", job_id=context.job_id, attempt=context.attempt)


def become_read_only() -> None:
    """The session of this thread is on a server that takes no writes."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")


@pytest.mark.parametrize("effect", Effect)
def test_what_a_handler_returns_is_kept_with_its_success(
    effect: Effect, run: Run, worker: Worker, register: Register
) -> None:
    def count(payload: Payload, context: JobContext) -> dict[str, int]:
        return {"sent": 3}

    claim = claim_one(make_job(type=register(count, effect)), worker)
    outcome = run(claim)
    record(claim, outcome)
    assert job_result(stored(claim)) == ShownResult({"sent": 3}, "")


def test_a_handler_reports_its_progress(
    worker: Worker, starts: StartWriter, register: Register
) -> None:
    def report(payload: Payload, context: JobContext) -> None:
        context.progress(3, 10, "rows read")

    job, progress = make_job(type=register(report)), ProgressReporter()
    runner = make_runner(worker, starts, progress=progress)
    runner.run(Attempt(claim_one(job, worker), SystemClock()))
    progress.write()
    assert job_progress(stored(job)) == {"done": 3.0, "total": 10.0, "message": "rows read"}
