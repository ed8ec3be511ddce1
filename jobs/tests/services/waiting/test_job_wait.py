"""`job_wait`: it returns when a job ends, whatever ends it, and whatever happens to Redis."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from uuid import UUID

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from jobs import FinalJob, JobNotFound, WaitTimedOut, job_wait
from jobs.broker import get_broker
from jobs.core.attempt_error import error_of
from jobs.core.errors import PermanentError
from jobs.core.finished import Finished
from jobs.core.ids import uuid7
from jobs.core.outcome import Failed, FailedForGood, Outcome, Succeeded
from jobs.core.result import Result
from jobs.models import Job, Worker
from jobs.services import waiting
from jobs.services.attempts import job_succeed_in_transaction, jobs_claim, jobs_record
from jobs.services.cancel import job_cancel
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.maintenance.expire import jobs_expire_overdue
from jobs.services.waiting import watcher as watcher_module
from jobs.services.waiting.places import Places
from jobs.services.waiting.watcher import Watcher
from jobs.tests.factories import make_job, make_worker
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

# An announcement comes at once; a look at the rows, which would find the same, comes after 5 s.
SOON_SECONDS = 3.0


@pytest.fixture(autouse=True)
def own_watcher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Places]:
    """Each test has places and a thread of its own, which ends with the test."""
    monkeypatch.setattr(watcher_module, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(watcher_module, "LOOK_SECONDS", 60.0)
    monkeypatch.setattr(watcher_module, "WATCH_SECONDS", 180.0)
    places = Places()
    monkeypatch.setattr(waiting, "_places", places)
    monkeypatch.setattr(waiting, "_watcher", Watcher(places))
    yield places
    wait_until(lambda: not [one for one in threading.enumerate() if one.name == "watcher"])


@contextmanager
def waited(job: Job, places: Places) -> Iterator["Future[FinalJob]"]:
    """Somebody waits for the job when the block begins, and has its end when it ends."""

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(wait_and_close, job.pk)
        wait_until(lambda: places.job_ids() == [job.pk])
        yield future
        begun = monotonic()
        future.result(40)
        assert monotonic() - begun < SOON_SECONDS


def wait_and_close(job_id: UUID) -> FinalJob:
    """On a thread of its own, whose connection ends with the wait."""
    try:
        return job_wait(job_id, 30.0)
    finally:
        connection.close()


def record(job: Job, outcome: Outcome) -> None:
    [claim] = jobs_claim(worker_id=make_worker().pk, job_ids=[job.pk])
    jobs_record(finished=[Finished(claim, outcome)])


def succeed(job: Job) -> None:
    record(job, Succeeded(result=Result('{"sum": 3}', "")))


def die(job: Job) -> None:
    record(job, FailedForGood(error_of(PermanentError("no such account"), "w")))


def succeed_in_transaction(job: Job) -> None:
    [claim] = jobs_claim(worker_id=make_worker().pk, job_ids=[job.pk])
    with transaction.atomic():
        job_succeed_in_transaction(claim=claim)
    jobs_record(finished=[Finished(claim, Succeeded(recorded=True))])


def cancel(job: Job) -> None:
    job_cancel(job_id=job.pk)


def cancel_while_it_runs(job: Job) -> None:
    [claim] = jobs_claim(worker_id=make_worker().pk, job_ids=[job.pk])
    job_cancel(job_id=job.pk)
    jobs_record(finished=[Finished(claim, Failed(error_of(RuntimeError("stopped"), "w")))])


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(expires_at=job.created_at)
    assert jobs_expire_overdue().count == 1


def skip(job: Job) -> None:
    owner = make_job(type="tests.note_by_text", payload={"text": "the same"})
    Job.objects.filter(pk=job.pk).update(effect_key=owner.effect_key)
    succeed(owner)
    assert jobs_resolve_key_conflicts(job_ids=[job.pk]) == 1


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (succeed, "succeeded"),
        (succeed_in_transaction, "succeeded"),
        (die, "dead"),
        (cancel, "cancelled"),
        (cancel_while_it_runs, "cancelled"),
        (expire, "expired"),
        (skip, "skipped"),
    ],
)
def test_every_end_is_announced(
    end: Callable[[Job], None], state: str, own_watcher: Places
) -> None:
    with waited(job := make_job(), own_watcher) as future:
        end(job)
    assert future.result().state == state


def test_it_returns_what_became_of_the_job(own_watcher: Places) -> None:
    with waited(job := make_job(), own_watcher) as future:
        succeed(job)
    assert future.result() == FinalJob(job.pk, "tests.note", "succeeded", 1, {"sum": 3}, "")
    assert future.result().has_succeeded
    die(other := make_job())
    final = job_wait(str(other.pk), 0)
    assert (final.error, final.has_succeeded) == ("PermanentError: no such account", False)


def test_a_retry_is_no_end(own_watcher: Places) -> None:
    job = make_job()
    error = error_of(RuntimeError("try again"), "w")
    with waited(job, own_watcher) as future:
        record(job, Failed(error, after_seconds=0.0))
        assert not future.done()
        Job.objects.filter(pk=job.pk).update(run_at=job.run_at)
        succeed(job)
    assert future.result().attempt == 2


def test_a_job_that_does_not_end_in_time() -> None:
    job = make_job()
    with pytest.raises(TimeoutError) as refusal:
        job_wait(job.pk, 0.05)
    assert isinstance(refusal.value, WaitTimedOut)
    assert str(refusal.value) == f"job {job.pk} was still queued after 0.05 s"


def test_a_wait_inside_a_transaction_says_so() -> None:
    with transaction.atomic(), pytest.raises(WaitTimedOut, match="inside a transaction"):
        job_wait(make_job().pk, 0)


@pytest.mark.parametrize("away", [False, True])
def test_the_first_wait_of_a_process_is_not_held_up(
    away: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How long the watcher waits for an announcement, or for Redis.
    monkeypatch.setattr(watcher_module, "RETRY_SECONDS", 5.0)
    monkeypatch.setattr(watcher_module, "BATCH_LOOK_SECONDS", 60.0)
    if away:
        settings.JOBS_REDIS_URL = "redis://127.0.0.1:1/0"
    job = make_job()
    begun = monotonic()
    with pytest.raises(WaitTimedOut):
        job_wait(job.pk, 0)
    assert monotonic() - begun < 4


def test_an_unknown_job() -> None:
    with pytest.raises(JobNotFound, match="there is no job"):
        job_wait(uuid7(), 1.0)


@pytest.mark.parametrize(("job_id", "timeout"), [("x", 1.0), (str(UUID(int=1)), -1.0)])
def test_what_makes_no_sense_is_refused(job_id: str, timeout: float) -> None:
    with pytest.raises(ValueError, match=r"badly formed|0 or more"):
        job_wait(job_id, timeout)


def test_a_job_that_is_deleted_meanwhile(
    own_watcher: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found by a look at the rows."""
    monkeypatch.setattr(watcher_module, "LOOK_SECONDS", 0.1)
    job = make_job()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(wait_and_close, job.pk)
        wait_until(lambda: own_watcher.job_ids() == [job.pk])
        Job.objects.filter(pk=job.pk).delete()
        with pytest.raises(JobNotFound):
            future.result(20)


@pytest.mark.parametrize("lost", ["away", "emptied"])
def test_what_was_not_announced_is_found_by_a_look(
    lost: str, own_watcher: Places, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(watcher_module, "LOOK_SECONDS", 0.2)
    if lost == "away":
        settings.JOBS_REDIS_URL = "redis://127.0.0.1:1/0"
    with waited(job := make_job(), own_watcher) as future:
        if lost == "emptied":
            get_broker().forget_everything()
        Job.objects.filter(pk=job.pk).update(state="cancelled", finished_at=job.created_at)
    assert future.result().state == "cancelled"


def test_who_waits_holds_no_connection_to_postgresql(own_watcher: Places) -> None:
    """While several wait, this test has the only connection to its database."""
    jobs = [make_job() for _ in range(5)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(wait_and_close, job.pk) for job in jobs]
        wait_until(lambda: len(own_watcher.job_ids()) == len(jobs))
        wait_until(lambda: _connections() == 1)
        for job in jobs:
            succeed(job)
        assert [future.result(20).state for future in futures] == ["succeeded"] * len(jobs)


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def test_places_are_given_up(own_watcher: Places) -> None:
    with pytest.raises(WaitTimedOut):
        job_wait(make_job().pk, 0)
    assert own_watcher.job_ids() == []


def test_what_is_not_committed_without_autocommit_stays() -> None:
    job = make_job()
    transaction.set_autocommit(False)
    try:
        worker = make_worker()
        with pytest.raises(WaitTimedOut, match="inside a transaction"):
            job_wait(job.pk, 0.1)
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert Worker.objects.filter(id=worker.id).exists()
