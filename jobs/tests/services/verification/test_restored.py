"""PostgreSQL, or Redis, is of an earlier moment than the other: seen, mended, and said in words."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from jobs.broker.redis import RedisBroker
from jobs.core.clock import HOUR_SECONDS
from jobs.core.fire_rule import Missed
from jobs.core.message import QueueMessage
from jobs.models import Job, Schedule, Worker
from jobs.models.moments import seconds_ago
from jobs.services.cancel import job_cancel
from jobs.services.maintenance.repair import jobs_repair
from jobs.services.queues import queue_pause
from jobs.services.verification.redis import redis_checks
from jobs.services.verification.report import jobs_verify
from jobs.services.verification.unknown import unknown_job_ids
from jobs.sql.statements import database_now
from jobs.tests.factories import make_job, make_worker
from jobs.tests.scheduling import due_schedule
from jobs.tests.steps import claim_one, dispatched_ago
from jobs.tests.violations import by_text, change, found, known_to_redis_alone

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("short_redispatch"),
]


def long_due(job: Job) -> QueueMessage:
    """The job should have run an hour ago."""
    change(job, run_at=seconds_ago(HOUR_SECONDS))
    dispatched_ago(job, HOUR_SECONDS)
    return QueueMessage(job.id, job.effect_key, job.queue, job.priority)


def test_it_is_seen_where_jobs_are_kept_for_longer_than_there_are_ids(
    settings: Settings, broker: RedisBroker
) -> None:
    settings.JOBS_RETENTION_DAYS = 36_500.0
    gone = known_to_redis_alone()
    assert unknown_job_ids() == [gone.job_id]


def test_what_postgresql_has_forgotten_leaves_redis(broker: RedisBroker) -> None:
    kept = make_job()
    gone = known_to_redis_alone()
    broker.dispatch_later([(known_to_redis_alone(), 3_600.0)])
    assert found(redis_checks()) == {"unknown_jobs": 2}
    repaired = jobs_repair()
    assert repaired.unknown_removed == 2
    assert "2 jobs that Redis names are not in PostgreSQL" in repaired.may_happen_again[-1]
    [waiting] = [one for slice_ in broker.waiting_messages(["default"]) for one in slice_]
    assert (waiting.job_id, waiting.job_id != gone.job_id) == (kept.id, True)
    assert jobs_verify().is_clean
    assert jobs_repair().may_happen_again == []


def test_a_pruned_job_is_not_lost(settings: Settings) -> None:
    settings.JOBS_RETENTION_DAYS = 1e-9
    known_to_redis_alone()
    assert found(redis_checks()) == {}


def test_what_is_delayed_in_redis_alone_is_lost(broker: RedisBroker) -> None:
    """It had failed since, and was to be tried again in an hour."""
    message = long_due(make_job())
    broker.forget_everything()
    broker.dispatch_later([(message, 3_600.0)])
    assert found(redis_checks()) == {"dispatches": 1}
    assert jobs_repair().redispatched == 1
    assert [one.message for one in broker.fetch(["default"], 2)] == [message]
    assert broker.depth(["default"]).delayed == 0


def test_what_lies_in_the_list_of_another_queue_is_lost(broker: RedisBroker) -> None:
    """It had been moved there since."""
    message = long_due(make_job())
    broker.forget_everything()
    broker.dispatch([message._replace(queue="bulk")])
    assert found(redis_checks()) == {"dispatches": 1}
    assert jobs_repair().redispatched == 1
    assert [one.message for one in broker.fetch(["default"], 2)] == [message]


def test_an_old_head_hides_nothing_that_is_lost(broker: RedisBroker) -> None:
    """An old dump of Redis has entries of jobs that have ended, and lacks those of later ones."""
    queue_pause(name="bulk")
    ended, lost = make_job(queue="bulk"), make_job(queue="bulk")
    message = long_due(lost)
    broker.forget_everything()
    broker.dispatch(
        [QueueMessage(ended.id, ended.effect_key, "bulk", 5)], age_seconds=2 * HOUR_SECONDS
    )
    job_cancel(job_id=ended.id)
    assert found(redis_checks()) == {"dispatches": 1}
    assert jobs_repair().redispatched == 1
    assert message in [one.message for one in broker.fetch(["bulk"], 9)]


def test_repair_dispatches_what_is_lost_behind_a_good_head(broker: RedisBroker) -> None:
    head, lost = make_job(), make_job()
    messages = [long_due(one) for one in (head, lost)]
    broker.forget_everything()
    broker.dispatch(messages[:1], age_seconds=2 * HOUR_SECONDS)
    assert found(redis_checks()) == {}  # workers will find it, once they have come so far
    assert jobs_repair().redispatched == 1


def test_what_may_happen_again_is_said(broker: RedisBroker) -> None:
    """PostgreSQL is of an hour ago."""
    worker = make_worker()
    running, done = claim_one(make_job(), worker), by_text()
    Worker.objects.update(heartbeat_at=seconds_ago(HOUR_SECONDS))
    due_schedule(HOUR_SECONDS)
    Schedule.objects.update(missed=Missed.ALL)
    broker.mark_done([(done.effect_key, done.id)])
    broker.note_moment(database_now())
    moment, repeated, runs, schedules = jobs_repair().may_happen_again
    assert "PostgreSQL is of " in moment
    assert "Of the 1 jobs that are queued here" in moment
    assert repeated.endswith("they have their effect again: tests.note_by_text (1).")
    assert runs.startswith("1 jobs are running here")
    assert "1 schedules have fire times since that moment and make a job for each" in schedules
    assert Job.objects.filter(id=running.id).exists()


def test_of_an_old_redis_nothing_happens_again(broker: RedisBroker) -> None:
    make_worker()
    broker.note_moment(database_now() - timedelta(hours=1))
    [said] = jobs_repair().may_happen_again
    assert "Nothing runs again because of that" in said


@pytest.mark.parametrize("noted", [True, False])
def test_of_one_moment_nothing_is_said(broker: RedisBroker, noted: bool) -> None:
    make_worker()
    claim_one(make_job(), make_worker())
    if noted:
        broker.note_moment(database_now())
    assert jobs_repair().may_happen_again == []
