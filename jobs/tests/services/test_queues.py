"""What waits and what runs in each queue."""

import pytest

from jobs.models import Job
from jobs.models.moments import seconds_ago
from jobs.services.queues import QueueNow, queues_now
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, dispatched_ago, succeed

pytestmark = pytest.mark.django_db(transaction=True)


def queue_now(name: str = "default") -> QueueNow:
    [queue] = [one for one in queues_now() if one.name == name]
    return queue


def test_every_queue_of_the_settings_is_there() -> None:
    assert [one.name for one in queues_now()] == ["default", "emails", "bulk"]


def test_jobs_are_counted_by_what_they_wait_for() -> None:
    succeed(make_job())
    claim_one(make_job())
    for priority in (0, 5, 9):
        make_job(priority=priority)
    make_job(delay_seconds=60)
    make_job(queue="bulk")
    now = queue_now()
    assert (now.ready, now.delayed, now.in_flight, now.is_capped) == (3, 1, 1, False)


def test_the_age_is_that_of_the_job_that_could_have_run_for_longest() -> None:
    old, retried = make_job(priority=0), make_job(priority=9)
    Job.objects.filter(id=old.id).update(run_at=seconds_ago(500))
    Job.objects.filter(id=retried.id).update(created_at=seconds_ago(900), run_at=seconds_ago(9))
    dispatched_ago(old, 1)  # a redispatch makes no job younger
    assert queue_now().oldest_ready_seconds == pytest.approx(500, abs=30)


def test_an_empty_queue_has_no_age() -> None:
    make_job(delay_seconds=60)
    assert queue_now().oldest_ready_seconds is None


def test_counting_ends_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.services.queues.COUNTED", 2)
    for priority in (1, 1, 1, 2, 3):
        make_job(priority=priority)
    assert (queue_now().ready, queue_now().is_capped) == (2, True)
