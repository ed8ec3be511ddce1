"""Outcomes are written where the attempt still holds, with everything that belongs to them."""

from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from jobs.broker.redis import RedisBroker
from jobs.core.claim import ClaimedJob
from jobs.core.effect_key import whole_effect_key
from jobs.core.finished import Finished
from jobs.core.ids import uuid7
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
from jobs.core.retry import Die, Requeue, Succeed
from jobs.core.states import DeathReason, JobState
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.services.attempts import jobs_give_back, jobs_record
from jobs.services.cancel import job_cancel
from jobs.services.verification.cache_marks import cache_marks_check
from jobs.services.verification.database import database_checks
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.steps import claim_one, error, make_due, record, stored
from jobs.tests.violations import found

pytestmark = pytest.mark.django_db(transaction=True)


def ready(broker: RedisBroker) -> list[str]:
    """The ids that lie in Redis, next one first."""
    return [str(one.message.job_id) for one in broker.fetch(["default", "emails", "bulk"], 100)]


@pytest.fixture
def claim(broker: RedisBroker) -> ClaimedJob:
    """A claimed job; Redis is empty."""
    claim = claim_one(make_job())
    broker.forget_everything()
    return claim


def test_a_success_ends_the_job(claim: ClaimedJob) -> None:
    recorded = record(claim, Succeeded())
    assert recorded.written
    assert recorded.move == Succeed()
    row = stored(claim)
    assert row.state == JobState.SUCCEEDED
    assert row.worker_id == claim.worker_id  # the worker that did it stays known
    assert row.finished_at is not None


def test_a_job_that_is_its_own_key_leaves_no_processed_key(claim: ClaimedJob) -> None:
    """Nobody can ask for it: the row of the job says all there is."""
    record(claim, Succeeded())
    assert not ProcessedKey.objects.exists()
    assert not record(claim, Succeeded()).written


def test_a_success_keeps_the_text_of_a_key_that_jobs_can_share_and_no_other(
    claim: ClaimedJob, broker: RedisBroker
) -> None:
    """The other one repeats the id; nothing takes two successes without it for one and the same."""
    others = [
        claim_one(make_job()),
        claim_one(make_job(type="tests.note_by_text", payload={"text": "a"})),
    ]
    for one in (claim, *others):
        record(one, Succeeded())
    rows = [stored(one) for one in (claim, *others)]
    assert [row.effect_key for row in rows] == ["", "", others[1].effect_key]
    assert [whole_effect_key(row.effect_key, row.id) for row in rows] == [
        one.effect_key for one in (claim, *others)
    ]
    broker.mark_done([(claim.effect_key, claim.id)])  # as earlier versions did
    assert found([*database_checks(), cache_marks_check()]) == {}


def test_a_success_completes_the_key_that_the_claim_has_taken() -> None:
    claim = claim_one(make_job(type="tests.note_by_text", payload={"text": "ann"}))
    key = ProcessedKey.objects.get(key=claim.effect_key)
    assert key.processed_at is None
    record(claim, Succeeded())
    key.refresh_from_db()
    assert key.processed_at == stored(claim).finished_at
    assert key.job_id == claim.id


def test_success_and_key_are_one_statement_so_that_neither_is_without_the_other(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Not even a crash between two statements may part them."""
    claim = claim_one(make_job(type="tests.note_by_text", payload={"text": "ann"}))
    with django_assert_num_queries(1):
        assert Job.objects.record_succeeded([claim]) == {claim.id}
    assert ProcessedKey.objects.get(job_id=claim.id).processed_at is not None


def test_a_key_that_belongs_to_another_job_is_not_touched() -> None:
    claim = claim_one(make_job(type="tests.note_by_text", payload={"text": "ann"}))
    other = make_job()
    ProcessedKey.objects.update(job_id=other.id)
    record(claim, Succeeded())
    key = ProcessedKey.objects.get(key=claim.effect_key)
    assert key.job_id == other.id
    assert key.processed_at is None


def test_a_success_gets_its_cache_mark_after_the_commit(broker: RedisBroker) -> None:
    claim = claim_one(make_job(type="tests.note_by_text", payload={"text": "ann"}))
    record(claim, Succeeded())
    broker.fetch(["default"], 9)
    broker.dispatch([claim.message])
    [fetched] = broker.fetch(["default"], 1)
    assert fetched.already_done


OUTCOMES: list[Outcome] = [
    Succeeded(),
    Failed(error()),
    FailedForGood(error()),
    CutOff(error(), crashed=True),
    NotStarted(),
    Cancelled(),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
@pytest.mark.parametrize("taken_away", ["attempt", "worker", "queued", "final"])
def test_what_was_taken_away_is_not_written(
    outcome: Outcome, taken_away: str, claim: ClaimedJob, broker: RedisBroker
) -> None:
    match taken_away:
        case "attempt":
            late = claim._replace(attempt=claim.attempt - 1)
        case "worker":
            late = claim._replace(worker_id=uuid7())
        case "queued":
            late = claim
            record(claim, NotStarted(after_seconds=60))
        case _:
            late = claim
            record(claim, Cancelled())
    before = Job.objects.filter(id=claim.id).values().get()
    broker.forget_everything()
    recorded = record(late, outcome)
    assert not recorded.written
    assert Job.objects.filter(id=claim.id).values().get() == before
    assert not ProcessedKey.objects.exists()
    assert not DeadLetter.objects.exists()
    assert ready(broker) == []


def test_nothing_is_written_where_the_handler_did_it_or_lost_its_attempt(
    claim: ClaimedJob,
) -> None:
    before = Job.objects.filter(id=claim.id).values().get()
    for outcome in (Succeeded(recorded=True), Lost()):
        recorded = record(claim, outcome)
        assert recorded.written
        assert recorded.move is None
        assert Job.objects.filter(id=claim.id).values().get() == before


def test_a_failure_goes_back_and_waits(claim: ClaimedJob, broker: RedisBroker) -> None:
    recorded = record(claim, Failed(error("the server was away")))
    assert recorded.move == Requeue(1.0, failures=1, crashes=0)
    row = stored(claim)
    assert (row.state, row.failures, row.crashes, row.attempt) == (JobState.QUEUED, 1, 0, 1)
    assert row.worker_id is row.claimed_at is row.started_at is row.finished_at is None
    [attempt] = row.errors
    assert attempt["attempt"] == 1
    assert attempt["error"] == "RuntimeError"
    assert attempt["message"] == "the server was away"
    assert row.dispatched_at == row.run_at > row.created_at
    assert ready(broker) == []
    assert broker.depth(["default"]).delayed == 1


def test_the_waits_grow_from_one_failure_to_the_next() -> None:
    job = make_job()
    waits = []
    for _ in range(4):
        claim = claim_one(job)
        record(claim, Failed(error()))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT run_at - statement_timestamp() FROM jobs_job WHERE id = %s", [job.id]
            )
            waits.append(cursor.fetchone()[0])
        make_due(job)
    for wait, seconds in zip(waits, [1, 2, 4, 8], strict=True):
        assert timedelta(seconds=seconds - 0.5) < wait <= timedelta(seconds=seconds)


def test_a_handler_says_how_long_to_wait(claim: ClaimedJob) -> None:
    record(claim, Failed(error(), after_seconds=300))
    row = stored(claim)
    assert timedelta(seconds=299) < row.run_at - row.created_at < timedelta(seconds=330)


def test_any_wait_that_a_handler_asks_for_can_be_written(claim: ClaimedJob) -> None:
    for seconds in (float("inf"), float("nan"), -5.0, 1e18):
        assert record(claim, Failed(error(), after_seconds=seconds)).written
        make_due(stored(claim))
        claim = claim_one(stored(claim))


def test_what_never_began_goes_back_at_no_cost_and_keeps_its_place(
    claim: ClaimedJob, broker: RedisBroker
) -> None:
    before = stored(claim)
    behind = make_job()
    jobs_give_back(claims=[claim])
    row = stored(claim)
    assert (row.state, row.failures, row.crashes, row.errors) == (JobState.QUEUED, 0, 0, [])
    assert row.attempt == 1
    assert (row.run_at, row.dispatched_at) == (before.run_at, before.dispatched_at)
    assert ready(broker) == [str(claim.id), str(behind.id)]


def test_what_is_given_back_keeps_its_order(broker: RedisBroker) -> None:
    jobs = [make_job() for _ in range(5)]
    broker.forget_everything()
    jobs_give_back(claims=[claim_one(job) for job in jobs])
    assert ready(broker) == [str(job.id) for job in jobs]


def test_what_cannot_begin_here_waits_at_no_cost(claim: ClaimedJob, broker: RedisBroker) -> None:
    record(claim, NotStarted(after_seconds=15))
    row = stored(claim)
    assert (row.state, row.failures) == (JobState.QUEUED, 0)
    assert row.run_at - row.created_at > timedelta(seconds=14)
    assert ready(broker) == []


def test_a_dead_letter_is_complete() -> None:
    user = make_user()
    job = make_job(max_retries=2, queue="bulk", submitted_by_id=user.id)
    for text in ("first", "second", "third\nwith more"):
        claim = claim_one(job)
        recorded = record(claim, Failed(error(text)))
        assert recorded.written
        make_due(job)
    assert recorded.move == Die(DeathReason.EXHAUSTED, failures=3, crashes=0)
    row = stored(job)
    assert (row.state, row.failures) == (JobState.DEAD, 3)
    assert row.finished_at is not None
    letter = DeadLetter.objects.get()
    assert letter.job_id == job.id
    assert (letter.type, letter.queue, letter.payload) == (job.type, "bulk", row.payload)
    assert letter.submitted_by == user
    assert letter.reason == DeathReason.EXHAUSTED
    assert letter.attempt == 3
    assert letter.error == "RuntimeError: third"
    assert letter.attempts == row.errors
    assert [one["attempt"] for one in letter.attempts] == [1, 2, 3]
    assert [one["message"] for one in letter.attempts] == ["first", "second", "third\nwith more"]
    for one in letter.attempts:
        assert {"worker", "at", "error", "traceback"} <= set(one)
        assert one["traceback"].startswith("RuntimeError")
    assert letter.resolution == ""
    assert letter.resolved_at is letter.resolved_by is None


def test_a_permanent_error_is_dead_at_once(claim: ClaimedJob) -> None:
    record(claim, FailedForGood(error("no such address")))
    letter = DeadLetter.objects.get()
    assert letter.reason == DeathReason.PERMANENT
    assert letter.error == "RuntimeError: no such address"
    assert stored(claim).failures == 1


def test_a_cancelled_job_is_final(claim: ClaimedJob) -> None:
    record(claim, Cancelled())
    row = stored(claim)
    assert row.state == JobState.CANCELLED
    assert row.finished_at is not None
    assert not ProcessedKey.objects.exists()


@pytest.mark.parametrize("outcome", [Failed(error()), NotStarted(), NotStarted(15.0)], ids=repr)
def test_a_job_that_is_asked_to_stop_is_not_tried_again(
    outcome: Outcome, claim: ClaimedJob
) -> None:
    job_cancel(job_id=claim.id)
    assert stored(claim).state == JobState.RUNNING
    record(claim, outcome)
    row = stored(claim)
    assert row.state == JobState.CANCELLED
    assert row.finished_at is not None


def test_a_success_counts_more_than_the_request_to_cancel(claim: ClaimedJob) -> None:
    job_cancel(job_id=claim.id)
    record(claim, Succeeded())
    assert stored(claim).state == JobState.SUCCEEDED


def test_outcomes_of_all_kinds_are_written_together(broker: RedisBroker) -> None:
    worker = make_worker()
    claims = [claim_one(make_job(), worker) for _ in OUTCOMES]
    taken_away = claim_one(make_job(), worker)._replace(attempt=9)
    finished = [Finished(claim, outcome) for claim, outcome in zip(claims, OUTCOMES, strict=True)]
    recorded = jobs_record(finished=[*finished, Finished(taken_away, Succeeded())])
    assert [one.written for one in recorded] == [True] * len(OUTCOMES) + [False]
    assert [one.finished.claim for one in recorded] == [*claims, taken_away]
    assert [stored(claim).state for claim in claims] == [
        JobState.SUCCEEDED,
        JobState.QUEUED,
        JobState.DEAD,
        JobState.QUEUED,
        JobState.QUEUED,
        JobState.CANCELLED,
    ]
    assert stored(taken_away).state == JobState.RUNNING


def test_an_outcome_of_an_unknown_type_is_treated_with_the_most_care(
    claim: ClaimedJob,
) -> None:
    strange = claim._replace(type="tests.gone")
    record(strange, CutOff(error()))
    assert DeadLetter.objects.get().reason == DeathReason.INTERRUPTED


@pytest.mark.usefixtures("redis_away")
@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
def test_without_redis_outcomes_are_written_all_the_same(outcome: Outcome) -> None:
    assert record(claim_one(make_job()), outcome).written


def test_nothing_to_write_is_no_error() -> None:
    assert jobs_record(finished=[]) == []
    jobs_give_back(claims=[])


@pytest.mark.parametrize(
    "outcome",
    [Succeeded(), Failed(error('it\'s "odd" {\\},\n')), FailedForGood(error()), Cancelled()],
    ids=lambda outcome: type(outcome).__name__,
)
def test_many_outcomes_take_as_many_statements_as_one(
    outcome: Outcome, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Poison must not take the others' speed: failures are written in groups as successes are."""
    worker = make_worker()
    claims = [claim_one(make_job(), worker) for _ in range(20)]
    with django_assert_max_num_queries(4):  # the transaction, its time limit, and one statement
        recorded = jobs_record(finished=[Finished(claim, outcome) for claim in claims])
    assert all(one.written for one in recorded)
    if isinstance(outcome, Failed):
        assert stored(claims[-1]).errors == [{**outcome.error, "attempt": 1}]
