"""Databases in which every promise holds, and rows that break one."""

from typing import Any

from jobs.broker import get_broker
from jobs.core.actor import CODE
from jobs.core.clock import HOUR_SECONDS
from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage
from jobs.core.outcome import Failed, Succeeded
from jobs.core.selection import Selection
from jobs.models import Job, Redrive, Worker
from jobs.models.moments import seconds_ago
from jobs.services.batches.public import batch
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.enqueue import JobRequest
from jobs.services.expiry import jobs_expire
from jobs.services.maintenance.redrive import jobs_redrive
from jobs.services.processed_keys import processed_key_release
from jobs.services.redrives import redrive_start
from jobs.services.short_transaction import short_transaction
from jobs.services.verification.check import Check
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.scheduling import due_schedule, fire, jobs_of
from jobs.tests.steps import (
    claim_one,
    die,
    dispatched_ago,
    error,
    fail,
    interrupt,
    record,
    start_one,
    stored,
    succeed,
)


def found(checks: list[Check]) -> dict[str, int]:
    """The violations, by the name of the check."""
    return {check.name: check.violations for check in checks if check.violations}


def change(job: Any, **values: Any) -> None:
    """Writes past the services, as no part of the product does."""
    Job.objects.filter(id=job.id).update(**values)


def skip(job: Job) -> Job:
    """A second job for the key of one that has succeeded."""
    second = make_job(type=job.type, payload=job.payload)
    assert jobs_resolve_key_conflicts(job_ids=[second.id]) == 1
    return stored(second)


def by_text(text: str = "ann") -> Job:
    """A job whose key others can share."""
    return make_job(type="tests.note_by_text", payload={"text": text})


def expire(job: Job) -> None:
    """The job was not started in time."""
    change(job, expires_at=seconds_ago(1))
    with short_transaction():
        assert jobs_expire(limit=1, job_ids=[job.id]) == 1


def redrive_die_again() -> None:
    """A redrive of one job, which dies again."""
    letter = die(job := make_job())
    redrive = redrive_start(selection=Selection(ids=(letter.id,)), rate=1_000.0)
    Redrive.objects.filter(id=redrive.id).update(paced_at=seconds_ago(1))
    jobs_redrive()
    die(job)
    jobs_redrive()


def make_one_of_each() -> None:
    """Jobs in every state that a healthy database holds."""
    due_schedule()
    fire()
    batch([JobRequest("tests.note", {"text": "of a batch"})])
    make_job()
    make_job(delay_seconds=HOUR_SECONDS)
    expire(make_job())
    make_job(type="tests.note_limited")
    make_job(type="tests.note_limited")
    claim_one(make_job())
    start_one(make_job(type="tests.note_once"))
    fail(make_job())
    record(claim_one(make_job()), Failed(error()))
    owner = by_text()
    succeed(owner)
    skip(owner)
    job_cancel(job_id=make_job().id)
    die(make_job())
    interrupt(make_job(type="tests.note_once"))
    dead_letter_discard(dead_letter_id=die(make_job()).id, resolved_by_id=None)
    dead_letter_replay(dead_letter_id=die(make_job()).id, resolved_by_id=None)
    claim, _ = interrupt(make_job(type="tests.note_once"))
    record(claim, Succeeded())
    redrive_die_again()
    replayed = make_job()
    dead_letter_replay(dead_letter_id=die(replayed).id, resolved_by_id=None)
    die(replayed)


def unknown_to_redis() -> None:
    job = make_job()
    change(job, run_at=seconds_ago(HOUR_SECONDS))
    dispatched_ago(job, HOUR_SECONDS)
    get_broker().forget_everything()


def marked_as_done_but_queued() -> None:
    job = make_job()
    get_broker().mark_done([(job.effect_key, job.id)])


def known_to_redis_alone() -> QueueMessage:
    """As if PostgreSQL had been restored to a moment before it was accepted."""
    message = QueueMessage(job_id := uuid7(), str(job_id), "default", 5)
    get_broker().dispatch([message])
    return message


def marked_as_done_and_unknown() -> None:
    get_broker().mark_done([("tests.note_by_text:ann", uuid7())])


def marked_as_done_and_released() -> None:
    """As in a Redis that was restored to a moment before the release."""
    succeed(job := by_text())
    processed_key_release(key=job.effect_key, actor=CODE, reason="the mail had bounced")
    get_broker().mark_done([(job.effect_key, job.id)])


def due_and_not_fired() -> None:
    due_schedule(HOUR_SECONDS)
    Worker.objects.filter(id=make_worker().id).update(started_at=seconds_ago(HOUR_SECONDS))


def two_jobs_of_one_fire_time() -> None:
    """Another client has the second."""
    schedule = due_schedule()
    fire()
    [job] = jobs_of(schedule)
    again = make_job(idempotency_key=job.idempotency_key, submitted_by_id=make_user().pk)
    change(again, schedule_id=schedule.id)
