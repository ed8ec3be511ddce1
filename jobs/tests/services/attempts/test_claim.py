"""queued -> running: one claim wins, and only where the job may start now."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from jobs.core.claim import ClaimedJob
from jobs.core.ids import uuid7
from jobs.core.states import JobState
from jobs.models import Job, ProcessedKey, Worker
from jobs.services.attempts import jobs_claim
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.enqueue import JobRequest, jobs_enqueue
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.steps import (
    claim_one,
    die,
    fail,
    heard_now,
    interrupt,
    lose,
    make_due,
    silence,
    start_one,
    stored,
    succeed,
    write_start,
)
from jobs.tests.threads import at_once, elsewhere, waiting_for_locks
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def by_text(text: str = "ann") -> Job:
    """A job that shares its effect with every other one of the same text."""
    return make_job(type="tests.note_by_text", payload={"text": text})


@pytest.fixture(autouse=True, params=[False, True], ids=["any", "own key"])
def says_own_key(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every claim of one job also as where its message says so, be it true or not."""
    monkeypatch.setattr(Hint, "is_own_key", request.param)


class Hint:
    is_own_key = False


def claim(worker: Worker, *jobs: Job) -> list[ClaimedJob]:
    ids = [job.id for job in jobs]
    return jobs_claim(worker_id=worker.id, job_ids=ids, is_own_key=Hint.is_own_key)


def test_the_claim_says_what_the_row_says() -> None:
    worker = make_worker()
    job = make_job(
        queue="bulk",
        priority=7,
        max_retries=2,
        idempotency_key="order-1",
        payload={"text": "hello", "secret": "ünï"},
        submitted_by_id=make_user().id,
    )
    [claimed] = claim(worker, job)
    row = stored(job)
    assert (row.state, row.worker_id, row.attempt) == (JobState.RUNNING, worker.id, 1)
    assert row.claimed_at is not None
    assert row.started_at is None
    assert row.finished_at is None
    assert 0 <= claimed.waited_seconds < 60
    assert claimed._replace(waited_seconds=0.0) == ClaimedJob(
        id=job.id,
        type="tests.note",
        queue="bulk",
        priority=7,
        payload=row.payload,
        effect_key=f":tests.note:order-1:{job.submitted_by_id}",
        attempt=1,
        failures=0,
        crashes=0,
        max_retries=2,
        worker_id=worker.id,
    )
    assert claimed.payload["secret"] == "ünï"


def test_the_attempt_only_ever_grows() -> None:
    job = make_job(max_retries=9)
    attempts = [fail(job).attempt for _ in range(3)]
    assert attempts == [1, 2, 3]
    assert claim_one(job).attempt == 4


def test_what_was_spent_comes_with_the_claim() -> None:
    job = make_job()
    fail(job)
    worker = make_worker()
    start_one(job, worker)
    lose(worker)
    jobs_rescue()
    make_due(job)
    budget = claim_one(job).budget
    assert (budget.failures, budget.crashes, budget.max_retries) == (2, 1, 4)


def test_two_workers_that_want_the_same_jobs_share_them() -> None:
    jobs = [make_job() for _ in range(40)]
    workers = [make_worker() for _ in range(4)]
    claims = at_once(*[partial(claim, worker, *jobs) for worker in workers])
    claimed = [one for many in claims for one in many]
    assert len(claimed) == 40
    assert {one.id for one in claimed} == {job.id for job in jobs}
    for one in claimed:
        row = stored(one)
        assert (row.worker_id, row.attempt) == (one.worker_id, 1)


def test_an_id_that_came_twice_is_claimed_once() -> None:
    job = make_job()
    assert len(claim(make_worker(), job, job)) == 1
    assert claim(make_worker(), job) == []
    assert stored(job).attempt == 1


def test_a_locked_row_is_passed_over_without_waiting() -> None:
    held, free = make_job(), make_job()
    worker = make_worker()
    with transaction.atomic():
        Job.objects.select_for_update().get(id=held.id)
        assert [one.id for one in elsewhere(lambda: claim(worker, held, free))] == [free.id]
    assert stored(held).state == JobState.QUEUED


def test_before_its_time_nothing_is_claimed() -> None:
    job = make_job(delay_seconds=60)
    assert claim(make_worker(), job) == []
    make_due(job)
    assert len(claim(make_worker(), job)) == 1


@pytest.mark.parametrize(
    "state", [state for state in JobState if state not in (JobState.QUEUED, JobState.RUNNING)]
)
def test_what_is_final_stays_so(state: JobState) -> None:
    job = make_job()
    row = {"state": state, "finished_at": job.created_at, "done_by_id": job.id}
    Job.objects.filter(id=job.id).update(**row)
    assert claim(make_worker(), job) == []
    assert stored(job).state == state


def test_unknown_ids_are_no_error() -> None:
    assert jobs_claim(worker_id=make_worker().id, job_ids=[uuid7()]) == []
    assert jobs_claim(worker_id=make_worker().id, job_ids=[]) == []


def test_a_worker_that_was_declared_dead_claims_nothing() -> None:
    worker, job = make_worker(), make_job()
    lose(worker)
    assert claim(worker, job) == []
    assert stored(job).attempt == 0


def test_a_worker_without_a_row_claims_nothing() -> None:
    job = make_job()
    assert jobs_claim(worker_id=uuid7(), job_ids=[job.id]) == []


def test_a_silent_worker_claims_until_it_is_declared_dead(short_timeout: float) -> None:
    """It may only be slow: its own lease tells it to stop, and so does the declaration."""
    worker = make_worker()
    silence(worker)
    assert len(claim(worker, make_job())) == 1
    jobs_rescue(heard_at=heard_now())
    assert claim(worker, make_job()) == []


def test_of_two_jobs_with_one_key_one_is_claimed() -> None:
    first, second = by_text(), by_text()
    [claimed] = claim(make_worker(), first, second)
    other = {first.id: second, second.id: first}[claimed.id]
    assert stored(other).state == JobState.QUEUED
    assert ProcessedKey.objects.get(key="tests.note_by_text:ann").job_id == claimed.id
    assert claim(make_worker(), other) == []


def test_two_workers_with_redis_gone_agree_who_owns_a_key() -> None:
    """Only PostgreSQL is asked: the unique index decides."""
    for number in range(5):
        jobs = [by_text(f"ann{number}") for _ in range(6)]
        claims = at_once(*[partial(claim, make_worker(), job) for job in jobs])
        assert sum(len(many) for many in claims) == 1
    assert Job.objects.running().count() == 5


def test_keys_are_taken_in_one_order_so_that_no_claims_deadlock() -> None:
    """Two workers whose batches have the same keys in different order must not deadlock."""
    worker, later_key_first = make_worker(), [by_text("b"), by_text("a")]

    def is_free(key: str) -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            ProcessedKey.objects.create(key=key, job_id=uuid7())
            transaction.set_rollback(True)
        return True

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ProcessedKey.objects.create(key="tests.note_by_text:a", job_id=uuid7())
            claims = pool.submit(elsewhere, lambda: claim(worker, *later_key_first))
            wait_until(lambda: waiting_for_locks() == 1)
            assert elsewhere(lambda: is_free("tests.note_by_text:b"))
            transaction.set_rollback(True)
        assert len(claims.result(20)) == 2


def test_its_own_key_is_free_again_for_the_next_attempt() -> None:
    job = by_text()
    fail(job)
    assert claim_one(job).attempt == 2


def test_a_key_that_is_done_is_not_claimed_again() -> None:
    succeed(by_text())
    assert claim(make_worker(), by_text()) == []


def test_what_postgresql_says_is_done_is_not_done_again() -> None:
    """Though the job itself is queued: a backup that was restored in parts."""
    job = by_text()
    ProcessedKey.objects.create(key=job.effect_key, job_id=job.id, processed_at=Now())
    assert claim(make_worker(), job) == []
    jobs_resolve_key_conflicts(job_ids=[job.id])
    assert stored(job).state == JobState.SKIPPED


def test_a_key_of_a_dead_job_has_to_be_taken_over_first() -> None:
    die(by_text())
    assert claim(make_worker(), by_text()) == []


def test_a_job_with_a_key_of_its_own_leaves_no_key_behind_before_it_succeeds() -> None:
    claim_one(make_job())
    assert not ProcessedKey.objects.exists()


def test_the_next_attempt_begins_without_the_start_of_the_last() -> None:
    job = make_job(type="tests.note_once")
    worker = make_worker()
    claim_one(job, worker)
    lose(worker)
    jobs_rescue()
    claimed = claim_one(job)
    assert stored(job).started_at is None
    assert write_start(claimed)
    assert stored(job).started_at is not None


def test_a_start_that_belongs_to_no_attempt_is_forgotten() -> None:
    job = make_job(type="tests.note_once")
    Job.objects.filter(id=job.id).update(started_at=Now())
    claim_one(job)
    assert stored(job).started_at is None


def test_a_start_is_fenced() -> None:
    job = make_job(type="tests.note_once")
    worker = make_worker()
    late = claim_one(job, worker)
    lose(worker)
    jobs_rescue()
    assert not write_start(late)  # it is queued
    current = claim_one(job)
    assert not write_start(late)  # another worker has it
    assert stored(job).started_at is None
    assert write_start(current)


def test_a_start_is_recorded_only_where_it_matters() -> None:
    claimed = claim_one(make_job())
    assert write_start(claimed)
    assert stored(claimed).started_at is None
    last = claim_one(make_job(max_retries=0))
    assert write_start(last)
    assert stored(last).started_at is not None


def test_a_job_that_waits_for_a_person_is_not_claimed() -> None:
    job = make_job(type="tests.note_once")
    interrupt(job)
    assert claim(make_worker(), job) == []


def test_a_thousand_are_claimed_in_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    requests = [JobRequest("tests.note", {"text": "hello"}) for _ in range(1_000)]
    ids = [one.job_id for one in jobs_enqueue(requests=requests)]  # type: ignore[union-attr]
    worker = make_worker()
    with django_assert_num_queries(1):
        claims = jobs_claim(worker_id=worker.id, job_ids=ids)
    assert len(claims) == 1_000
    assert claims.first_left is None
