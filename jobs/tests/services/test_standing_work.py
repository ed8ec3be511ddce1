"""What a worker's timers may have to do is known from one statement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.core.limit import LimitRule
from jobs.models import Batch, DeadLetterCount, DeadLetterGroup, Job, Schedule, Worker
from jobs.models.moments import seconds_ago
from jobs.services.batches import batch_add, batch_cancel, batch_create
from jobs.services.enqueue import JobRequest
from jobs.services.limits.book import limit_book
from jobs.services.limits.change import limit_set
from jobs.services.queues import queue_pause, queues_declare
from jobs.services.standing_work import Standing, StandingWork
from jobs.tests.factories import make_job, make_worker
from jobs.tests.scheduling import make_schedule
from jobs.tests.standing import NOTHING
from jobs.tests.steps import die

pytestmark = pytest.mark.django_db


def said() -> Standing:
    """All but the moment."""
    return StandingWork().read()._replace(at=NOTHING.at)


def expiring(seconds: float) -> Job:
    job = make_job()
    Job.objects.filter(pk=job.pk).update(expires_at=seconds_ago(-seconds))
    return job


def test_nothing_is_there_to_do() -> None:
    make_job()
    expiring(3_600)
    assert said() == NOTHING


def test_a_job_that_is_overdue() -> None:
    job = expiring(-1)
    assert said() == NOTHING._replace(has_overdue_jobs=True)
    Job.objects.filter(pk=job.pk).update(errors=[{"attempt": 1}])  # it has begun in time
    assert said() == NOTHING


def test_a_queue_that_is_paused() -> None:
    queues_declare()
    queue_pause(name="bulk")
    assert said() == NOTHING._replace(paused_queues=frozenset({"bulk"}))


def test_a_batch_that_is_cancelled() -> None:
    batch = batch_create()
    batch_add(batch_id=batch.pk, requests=[JobRequest("tests.note", {"text": "a"})])
    batch_cancel(batch_id=batch.pk)
    assert said() == NOTHING._replace(has_cancelled_batches=True)
    Batch.objects.filter(pk=batch.pk).update(completed_at=seconds_ago(0))
    assert said() == NOTHING


def test_a_worker_that_has_stopped_lately_or_is_silent() -> None:
    worker = make_worker()
    rows = Worker.objects.filter(pk=worker.pk)
    assert said() == NOTHING
    for gone in (
        {"heartbeat_at": seconds_ago(40)},
        {"heartbeat_at": seconds_ago(-40)},
        {"stopped_at": seconds_ago(50)},
    ):
        rows.update(**{"heartbeat_at": seconds_ago(1), "stopped_at": None} | gone)
        assert said() == NOTHING._replace(has_gone_workers=True), gone
    rows.update(stopped_at=seconds_ago(70))
    assert said() == NOTHING


def test_dead_letters_that_are_not_counted_together_yet() -> None:
    die(make_job())
    assert said().has_dead_letter_counts
    DeadLetterCount.objects.update(is_folded=True)
    assert not said().has_dead_letter_counts
    DeadLetterGroup.objects.update_or_create(
        fingerprint="f", defaults={"muted_until": 5, "muted_at": seconds_ago(0)}
    )
    assert said().has_dead_letter_counts


def test_when_the_next_schedule_is_due() -> None:
    schedule, declared = make_schedule(), make_schedule()
    rows = Schedule.objects.all()
    rows.filter(pk=schedule.pk).update(next_fire_at=seconds_ago(-90), due_at=seconds_ago(-90))
    rows.filter(pk=declared.pk).update(
        next_fire_at=seconds_ago(-30),
        due_at=seconds_ago(-30),
        declared_in="shop.jobs",
        declared_at=seconds_ago(0),
    )
    assert said().seconds_to_schedule == pytest.approx(30, abs=5)
    rows.filter(pk=declared.pk).update(declared_at=seconds_ago(601))  # no code has it any more
    assert said().seconds_to_schedule == pytest.approx(90, abs=5)
    assert rows.seconds_to_next() == pytest.approx(90, abs=5)
    rows.filter(pk=schedule.pk).update(paused=True)
    assert said() == NOTHING


def test_the_book_of_limits_learns_of_it() -> None:
    limit_set(name="queue:bulk", rule=LimitRule(max_concurrency=1), is_fair=True)
    limit_book.learn({})
    StandingWork().read()
    assert limit_book.is_fair("queue:bulk")
    assert limit_book.any_limit


def test_what_was_read_a_moment_ago_is_known() -> None:
    standing_work = StandingWork()
    with CaptureQueriesContext(connection) as queries:
        known = [standing_work.known() for _ in range(3)]
    assert known == [known[0]] * 3
    assert len(queries) == 1
