"""What is enqueued is counted once it is committed, with where it comes from."""

from typing import Any

import pytest
from django.db import transaction

from jobs import JobRequest, batch, chain, enqueue, enqueue_many
from jobs.core.actor import Actor
from jobs.core.process_counts import ADMIN_ACTIONS, JOBS_DEDUPLICATED, JOBS_ENQUEUED, process_counts
from jobs.models import Job
from jobs.services.enqueue import job_enqueue
from jobs.services.queues import queue_pause
from jobs.services.schedules import schedule_run
from jobs.tests.factories import make_user
from jobs.tests.scheduling import make_schedule
from jobs.tests.steps import succeed

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = {"text": "a"}


class Since:
    """How much more was counted than before."""

    def __init__(self) -> None:
        self._before = self._now()

    def of(self, name: str) -> dict[tuple[str, ...], float]:
        before = self._before
        return {
            labels: total - before.get((one, labels), 0)
            for (one, labels), total in self._now().items()
            if one == name and total != before.get((one, labels), 0)
        }

    def _now(self) -> dict[tuple[str, Any], float]:
        return {
            (one.name, labels): total
            for one in process_counts.counters()
            for labels, total in one.samples
        }


def test_each_source_has_its_own_count() -> None:
    since, ann = Since(), make_user()
    enqueue("tests.note", NOTE, queue="bulk")
    job_enqueue(type="tests.note", payload=NOTE, submitted_by_id=ann.pk)
    enqueue_many([JobRequest("tests.note", NOTE)] * 3)
    succeed(chain([JobRequest("tests.note", NOTE)] * 2).job)
    batch([], on_completion=JobRequest("tests.note", NOTE))
    schedule_run(schedule_id=make_schedule(name="nightly").pk)
    assert since.of(JOBS_ENQUEUED) == {
        ("bulk", "tests.note", "code"): 1,
        ("default", "tests.note", "client"): 1,
        ("default", "tests.note", "code"): 4,
        ("default", "tests.note", "chain"): 1,
        ("default", "tests.note", "batch"): 1,
        ("default", "tests.note", "schedule"): 1,
    }
    assert sum(since.of(JOBS_ENQUEUED).values()) == Job.objects.count()


def test_a_duplicate_and_what_is_rolled_back_are_no_jobs() -> None:
    since = Since()
    with transaction.atomic():
        enqueue("tests.note", NOTE)
        transaction.set_rollback(True)
    for _ in range(3):
        enqueue("tests.note", NOTE, idempotency_key="order-7")
    assert since.of(JOBS_ENQUEUED) == {("default", "tests.note", "code"): 1}
    assert since.of(JOBS_DEDUPLICATED) == {("postgres",): 2}


def test_what_people_do_is_counted_and_what_code_does_is_not() -> None:
    since = Since()
    queue_pause(name="bulk")
    queue_pause(name="bulk", actor=Actor("1", "ann"))
    assert since.of(ADMIN_ACTIONS) == {("queue.paused",): 1}
