"""A queued job says what it waits for; any other waits for nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.core.actor import Actor
from jobs.core.outcome import Failed
from jobs.models import Job, Worker
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.queues import queue_pause, queue_resume
from jobs.services.waiting_for import job_waiting_for
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, error, record, stored
from jobs.tests.violations import by_text

pytestmark = pytest.mark.django_db(transaction=True)


def waiting_for(job: Job) -> str | None:
    return job_waiting_for(stored(job))


def test_a_job_that_is_not_queued_waits_for_nothing() -> None:
    job = make_job()
    claim_one(job)
    assert waiting_for(job) is None


def test_a_due_job_waits_for_a_worker() -> None:
    make_worker()
    assert waiting_for(make_job()) == "a worker with a free place"


def test_a_queue_without_a_worker_is_named() -> None:
    make_worker(queues=["bulk"])
    assert waiting_for(make_job()) == "a worker: no live worker serves the queue default"


def test_a_type_that_no_worker_knows_is_named() -> None:
    worker = make_worker()
    Worker.objects.filter(id=worker.id).update(types=["other"])
    assert waiting_for(make_job()) == "a worker: no live worker knows the type tests.note"


def test_a_delayed_job_waits_for_its_moment() -> None:
    make_worker()
    run_at = (timezone.now() + timedelta(hours=1)).replace(microsecond=0)
    job = make_job(run_at=run_at)
    assert waiting_for(job) == f"its run_at, {run_at:%Y-%m-%d %H:%M:%S} UTC"


def test_a_job_that_failed_waits_for_its_next_attempt() -> None:
    make_worker()
    job = make_job()
    assert record(claim_one(job), Failed(error())).written
    assert (waiting_for(job) or "").startswith("its next attempt at ")


def test_a_deferred_job_waits_for_its_effect_key() -> None:
    make_worker()
    first, second = by_text(), by_text()
    claim_one(first)
    jobs_resolve_key_conflicts(job_ids=[second.id])
    assert (waiting_for(second) or "").startswith("another job with its effect key; ")


def test_a_job_of_a_paused_queue_says_by_whom_and_why() -> None:
    job = make_job(queue="bulk", delay_seconds=60)
    queue_pause(name="bulk", actor=Actor("7", "ann"), reason="the mail server moves")
    assert waiting_for(job) == "the queue bulk is paused by ann: the mail server moves"
    queue_resume(name="bulk")
    assert "paused" not in (waiting_for(job) or "")
