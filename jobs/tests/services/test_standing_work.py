"""What a worker's timers may have to do is known from one statement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.core.limit import LimitRule
from jobs.models import Batch, Job
from jobs.models.moments import seconds_ago
from jobs.services.batches import batch_add, batch_cancel, batch_create
from jobs.services.enqueue import JobRequest
from jobs.services.limits.book import limit_book
from jobs.services.limits.change import limit_set
from jobs.services.queues import queue_pause, queues_declare
from jobs.services.standing_work import Standing, StandingWork
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db

NOTHING = Standing(frozenset(), False, False, False)


def expiring(seconds: float) -> Job:
    job = make_job()
    Job.objects.filter(pk=job.pk).update(expires_at=seconds_ago(-seconds))
    return job


def test_nothing_is_there_to_do() -> None:
    make_job()
    expiring(3_600)
    assert StandingWork().read() == NOTHING


def test_a_job_that_is_overdue() -> None:
    job = expiring(-1)
    assert StandingWork().read() == NOTHING._replace(has_overdue_jobs=True)
    Job.objects.filter(pk=job.pk).update(errors=[{"attempt": 1}])  # it has begun in time
    assert StandingWork().read() == NOTHING


def test_a_queue_that_is_paused() -> None:
    queues_declare()
    queue_pause(name="bulk")
    assert StandingWork().read() == NOTHING._replace(paused_queues=frozenset({"bulk"}))


def test_a_batch_that_is_cancelled() -> None:
    batch = batch_create()
    batch_add(batch_id=batch.pk, requests=[JobRequest("tests.note", {"text": "a"})])
    batch_cancel(batch_id=batch.pk)
    assert StandingWork().read() == NOTHING._replace(has_cancelled_batches=True)
    Batch.objects.filter(pk=batch.pk).update(completed_at=seconds_ago(0))
    assert StandingWork().read() == NOTHING


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
    assert known == [NOTHING] * 3
    assert len(queries) == 1
