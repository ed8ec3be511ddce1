"""A job that was not started in time never runs, and stays to be seen."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import JobRequest, enqueue, enqueue_many
from jobs.core.limit import LimitRule, queue_limit_name
from jobs.core.outcome import Failed, NotStarted
from jobs.core.states import JobState
from jobs.models import Job, Slot
from jobs.models.moments import seconds_ago
from jobs.services.attempts import jobs_claim
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.limits.change import limit_set
from jobs.services.maintenance.expire import jobs_expire_overdue
from jobs.services.verification.database import database_checks
from jobs.tests.factories import make_job, make_worker
from jobs.tests.open_pools import Bench
from jobs.tests.steps import claim_one, die, error, make_due, record, stored, succeed
from jobs.tests.violations import by_text, found

pytestmark = pytest.mark.django_db(transaction=True)


def overdue(job: Job) -> Job:
    """Its time to start was over a second ago."""
    Job.objects.filter(id=job.id).update(expires_at=seconds_ago(1))
    return job


def expired_job() -> Job:
    return overdue(make_job())


def test_the_moment_is_kept_by_every_way_in() -> None:
    at = timezone.now() + timedelta(hours=1)
    payload = {"text": "a"}
    one = enqueue("tests.note", payload, expires_at=at)
    keyed = enqueue("tests.note", payload, expires_at=at, idempotency_key="k1")
    many = [JobRequest("tests.note", payload, expires_at=at) for _ in range(60)]
    some = [*many[:2], JobRequest("tests.note", payload, idempotency_key="k2", expires_at=at)]
    answers = [one, keyed, *enqueue_many(many), *enqueue_many(some)]
    assert len(answers) == 65
    assert set(Job.objects.values_list("expires_at", flat=True)) == {at}
    assert one.job.expires_at == at


def test_seconds_count_from_the_insert() -> None:
    one = enqueue("tests.note", {"text": "a"}, expires_in_seconds=60)
    enqueue_many([JobRequest("tests.note", {"text": "a"}, expires_in_seconds=60)] * 2)
    for job in Job.objects.all():
        assert job.expires_at == job.created_at + timedelta(seconds=60)
    assert one.job.expires_at == stored(one.job).expires_at


def test_without_it_a_job_never_expires() -> None:
    make_job()
    assert Job.objects.get().expires_at is None
    assert jobs_expire_overdue().count == 0


def test_it_is_not_claimed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    job, worker = expired_job(), make_worker()
    assert jobs_claim(worker_id=worker.id, job_ids=[job.id]) == []
    bench = Bench(worker)
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    row = stored(job)
    assert (row.state, row.attempt) == (JobState.EXPIRED, 0)
    assert row.finished_at is not None
    assert f"Job {job.id} expired: it was not started in time" in caplog.messages


@pytest.mark.usefixtures("redis_away")
def test_it_is_not_claimed_while_redis_is_away() -> None:
    expired_job()
    bench = Bench(make_worker())
    bench.fetcher.tick()
    assert bench.claimed_ids == []


def test_the_timer_finds_it_where_no_worker_does() -> None:
    job, other = overdue(make_job(queue="bulk", delay_seconds=60)), make_job()
    assert jobs_expire_overdue().count == 1
    assert stored(job).state == JobState.EXPIRED
    assert stored(other).state == JobState.QUEUED
    assert found(database_checks()) == {}


def test_a_round_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.services.maintenance.expire.EXPIRE_LIMIT", 2)
    for _ in range(3):
        expired_job()
    assert [jobs_expire_overdue().count for _ in range(3)] == [2, 1, 0]


def test_what_has_begun_expires_no_more() -> None:
    job = make_job()
    assert record(claim_one(job), Failed(error())).written
    make_due(job)
    overdue(job)
    assert jobs_expire_overdue().count == 0
    claim_one(job)


def test_what_was_replayed_expires_no_more() -> None:
    job = make_job()
    dead_letter_replay(dead_letter_id=die(job).id, resolved_by_id=None)
    overdue(job)
    assert jobs_expire_overdue().count == 0
    claim_one(job)


def test_a_claim_that_was_given_back_has_not_begun() -> None:
    job = make_job()
    assert record(claim_one(job), NotStarted()).written
    overdue(job)
    assert jobs_expire_overdue().count == 1


def test_what_runs_or_has_ended_is_left_alone() -> None:
    running, done = make_job(), make_job()
    claim_one(running)
    succeed(done)
    overdue(running), overdue(done)
    assert jobs_expire_overdue().count == 0


def test_its_effect_key_is_free_for_what_waits_for_it() -> None:
    first, second = by_text(), by_text()
    assert record(claim_one(first), NotStarted()).written  # it owns the key since
    jobs_resolve_key_conflicts(job_ids=[second.id])
    assert stored(second).run_at > timezone.now()
    overdue(first)
    assert jobs_expire_overdue().count == 1
    assert stored(second).run_at <= timezone.now()  # woken
    jobs_resolve_key_conflicts(job_ids=[second.id])
    claim_one(second)


def test_its_slot_goes_to_the_next_one_that_a_limit_holds() -> None:
    limit_set(name=queue_limit_name("bulk"), rule=LimitRule(max_concurrency=1))
    first, second = make_job(queue="bulk"), make_job(queue="bulk")
    assert (stored(first).held_by, stored(second).held_by) == (None, queue_limit_name("bulk"))
    overdue(first)
    assert jobs_expire_overdue().count == 1
    assert stored(second).held_by is None
    assert list(Slot.objects.values_list("job_id", flat=True)) == [second.id]
    overdue(second)
    assert jobs_expire_overdue().count == 1
    assert not Slot.objects.exists()
    assert found(database_checks()) == {}


def test_a_job_that_a_limit_holds_expires() -> None:
    limit_set(name=queue_limit_name("bulk"), rule=LimitRule(max_concurrency=1))
    make_job(queue="bulk")
    held = overdue(make_job(queue="bulk"))
    assert jobs_expire_overdue().count == 1
    assert (stored(held).state, stored(held).held_by) == (JobState.EXPIRED, None)
    assert found(database_checks()) == {}
