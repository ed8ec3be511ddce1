"""What workers repair round by round is repaired in one call, and nothing else is changed."""

from types import SimpleNamespace

import pytest
from pytest_django.fixtures import Settings

from jobs.broker.redis import RedisBroker
from jobs.core.clock import HOUR_SECONDS
from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.models.moments import seconds_ago
from jobs.services.maintenance import repair
from jobs.services.maintenance.repair import jobs_repair
from jobs.services.verification.redis import redis_checks
from jobs.services.verification.report import jobs_verify
from jobs.services.workers import worker_heartbeat
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, dispatched_ago, silence, stored, succeed
from jobs.tests.violations import (
    by_text,
    change,
    make_one_of_each,
    marked_as_done_but_queued,
    unknown_to_redis,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("short_redispatch"),
]


def test_repair_dispatches_what_is_lost_and_nothing_else(broker: RedisBroker) -> None:
    unknown_to_redis()
    known = make_job()
    assert jobs_repair().redispatched == 1
    waiting = [one.job_id for slice_ in broker.waiting_messages(["default"]) for one in slice_]
    assert sorted(waiting) == sorted(Job.objects.values_list("id", flat=True))
    assert known.id in waiting
    assert jobs_verify().is_clean


def test_repair_dispatches_in_queues_that_the_settings_no_longer_name(
    broker: RedisBroker, settings: Settings
) -> None:
    job = make_job(queue="bulk")
    settings.JOBS_QUEUES = ["default"]
    change(job, run_at=seconds_ago(HOUR_SECONDS))
    dispatched_ago(job, HOUR_SECONDS)
    broker.forget_everything()
    assert jobs_repair().redispatched == 1
    assert [one.message.job_id for one in broker.fetch(["bulk"], 2)] == [job.id]


def test_repair_clears_cache_marks_that_postgresql_contradicts() -> None:
    marked_as_done_but_queued()
    succeed(by_text())
    assert jobs_repair().cache_marks_cleared == 1
    [marks] = [one for one in redis_checks() if one.name == "done_cache_marks"]
    assert (marks.rows, marks.violations) == (1, 0)


def test_repair_rescues() -> None:
    worker = make_worker()
    claim = claim_one(make_job(), worker)
    Worker.objects.filter(id=worker.id).update(stopped_at=seconds_ago(0))
    assert jobs_repair().rescued == 1
    assert stored(claim).state == JobState.QUEUED


def test_repair_asks_twice_before_it_declares_a_worker_dead(
    short_timeout: float, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All may have been silenced until a moment ago: a worker that lives is heard meanwhile."""
    settings.JOBS_HEARTBEAT_SECONDS = 0.2
    dead, alive = make_worker(), make_worker()
    lost, kept = claim_one(make_job(), dead), claim_one(make_job(), alive)
    waits: list[float] = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        worker_heartbeat(worker_id=alive.id)

    monkeypatch.setattr(repair, "time", SimpleNamespace(sleep=meanwhile))
    for worker in (dead, alive):
        silence(worker)
    assert jobs_repair().rescued == 1
    assert waits == [pytest.approx(0.4)]
    assert stored(lost).state == JobState.QUEUED
    assert stored(kept).state == JobState.RUNNING
    jobs_repair()
    assert len(waits) == 1  # no worker is silent any more: there is nothing to wait for


def test_repair_of_a_healthy_database_changes_nothing() -> None:
    make_one_of_each()
    before = list(Job.objects.order_by("id").values())
    repaired = jobs_repair()
    assert (repaired.rescued, repaired.redispatched, repaired.cache_marks_cleared) == (0, 0, 0)
    assert list(Job.objects.order_by("id").values()) == before
