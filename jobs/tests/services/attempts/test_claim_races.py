"""A claim whose rows are changed between its snapshot and its locks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from jobs.core.states import JobState
from jobs.models import Job, ProcessedKey
from jobs.models.moments import seconds_ago
from jobs.services.attempts import jobs_claim
from jobs.services.cancel import job_cancel
from jobs.sql import statements
from jobs.sql.statements import statement
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import dispatched_ago, fail, stored
from jobs.tests.threads import elsewhere, waiting_for_locks
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

LOCK = 4711


@pytest.fixture
def pausing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim has its snapshot, has read a row, and waits before it locks it."""
    due = "run_at <= statement_timestamp()"
    paused = {
        name: statement(name).replace(
            due, f"{due} AND pg_advisory_xact_lock_shared({LOCK}) IS NOT NULL"
        )
        for name in ("claim_job", "claim_jobs")
    }
    assert all("advisory" in text for text in paused.values())
    monkeypatch.setattr(statements, "statement", lambda name: paused.get(name) or statement(name))


def claimed_while(
    change: Callable[[], object], jobs: list[Job], *, is_own_key: bool = False
) -> set[object]:
    """Which of the jobs are claimed where a change is committed while the claim pauses."""
    ids = [job.id for job in jobs]
    claim = partial(jobs_claim, worker_id=make_worker().id, job_ids=ids, is_own_key=is_own_key)
    with ThreadPoolExecutor(1) as pool:
        lock("pg_advisory_lock")
        try:
            claiming = pool.submit(elsewhere, claim)
            wait_until(waiting_for_locks, every=0.01)
            change()
        finally:
            lock("pg_advisory_unlock")
        return {one.id for one in claiming.result()}


def lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({LOCK})")


def by_text(text: str) -> Job:
    return make_job(type="tests.note_by_text", payload={"text": text})


@pytest.fixture
def failed_before() -> Job:
    """Its key is its own already."""
    job = by_text("bob")
    fail(job)
    return job


@pytest.mark.usefixtures("failed_before", "pausing")
def test_jobs_that_are_dispatched_again_meanwhile_are_claimed_all_the_same(
    failed_before: Job,
) -> None:
    """PostgreSQL then judges the new version of a row by what the statement has inserted so far."""
    own, new, held = make_job(), by_text("ann"), failed_before

    def redispatch_lost() -> None:
        for job in (own, new, held):
            dispatched_ago(job, 0)

    assert claimed_while(redispatch_lost, [own, new, held]) == {own.id, new.id, held.id}
    assert [stored(job).attempt for job in (own, new, held)] == [1, 1, 2]
    assert set(ProcessedKey.objects.values_list("job_id", flat=True)) == {new.id, held.id}


@pytest.mark.usefixtures("pausing")
def test_jobs_that_are_cancelled_meanwhile_are_not_claimed() -> None:
    own, shared = make_job(), by_text("ann")

    def cancel() -> None:
        Job.objects.update(state=JobState.CANCELLED, finished_at=seconds_ago(0))

    assert claimed_while(cancel, [own, shared]) == set()
    assert not ProcessedKey.objects.exists()


@pytest.mark.usefixtures("pausing")
def test_so_it_is_with_one_that_has_its_own_key() -> None:
    again, gone = make_job(), make_job()
    redispatch, cancel = partial(dispatched_ago, again, 0), partial(job_cancel, job_id=gone.id)
    assert claimed_while(redispatch, [again], is_own_key=True) == {again.id}
    assert claimed_while(cancel, [gone], is_own_key=True) == set()
    assert [stored(job).attempt for job in (again, gone)] == [1, 0]
