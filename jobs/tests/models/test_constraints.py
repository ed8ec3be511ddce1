"""What the database itself refuses."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import CheckConstraint, UniqueConstraint
from django.db.models.functions import Now
from django.utils import timezone

from jobs.core.ids import uuid7
from jobs.core.states import FINAL_STATES, DeathReason, JobState, Resolution
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.tests.factories import make_job, make_user

pytestmark = pytest.mark.django_db

BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("job_state_is_known", {"state": "lost"}),
    ("job_priority_in_range", {"priority": 10}),
    *[
        ("job_finished_at_iff_final", {"state": state, "done_by_id": uuid7()})
        for state in FINAL_STATES
    ],
    ("job_finished_at_iff_final", {"finished_at": Now()}),
    (
        "job_finished_at_iff_final",
        {
            "state": JobState.RUNNING,
            "worker_id": uuid7(),
            "claimed_at": Now(),
            "attempt": 1,
            "finished_at": Now(),
        },
    ),
    ("job_running_has_a_worker", {"state": JobState.RUNNING, "claimed_at": Now(), "attempt": 1}),
    (
        "job_running_has_a_worker",
        {"state": JobState.RUNNING, "worker_id": uuid7(), "attempt": 1},
    ),
    (
        "job_running_has_a_worker",
        {"state": JobState.RUNNING, "worker_id": uuid7(), "claimed_at": Now()},
    ),
    ("job_skipped_names_done_by", {"state": JobState.SKIPPED, "finished_at": Now()}),
]


@pytest.mark.parametrize(("constraint", "fields"), BROKEN)
def test_a_job_that_contradicts_itself_is_refused(constraint: str, fields: dict[str, Any]) -> None:
    job = make_job()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Job.objects.filter(id=job.id).update(**fields)


@pytest.mark.parametrize("priority", [0, 9])
def test_the_ends_of_the_range_of_priorities_belong_to_it(priority: int) -> None:
    assert make_job(priority=priority).priority == priority


@pytest.mark.parametrize("priority", [-1, 10])
def test_a_priority_beyond_its_range_is_refused(priority: int) -> None:
    with pytest.raises(IntegrityError, match="priority"):
        Job.objects.filter(pk=make_job().pk).update(priority=priority)


def make_letter(job: Job, **fields: Any) -> DeadLetter:
    return DeadLetter.objects.create(
        job=job,
        type=job.type,
        queue=job.queue,
        payload={},
        reason=DeathReason.PERMANENT,
        error="no",
        attempt=1,
        **fields,
    )


def test_one_dead_letter_of_a_job_waits_at_a_time() -> None:
    job = make_job()
    make_letter(job, resolution=Resolution.REPLAYED, resolved_at=timezone.now())
    make_letter(job)
    with pytest.raises(IntegrityError, match="one_waiting_dead_letter_per_job"):
        make_letter(job)


@pytest.mark.parametrize(
    "fields", [{"resolution": Resolution.DISCARDED}, {"resolved_at": timezone.now()}], ids=str
)
def test_a_dead_letter_is_resolved_at_a_moment_or_not_at_all(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="dead_letter_resolved_at_iff_resolved"):
        make_letter(make_job(), **fields)


@pytest.mark.parametrize("submitted", [True, False])
def test_a_client_has_one_job_for_a_key(submitted: bool) -> None:
    user_id = make_user().id if submitted else None
    make_job(idempotency_key="order-1", submitted_by_id=user_id)
    other = make_job(idempotency_key="order-2", submitted_by_id=user_id)
    with pytest.raises(IntegrityError, match="job_once_per_client_and_key"):
        Job.objects.filter(id=other.id).update(idempotency_key="order-1")


def test_a_key_has_one_owner() -> None:
    ProcessedKey.objects.create(key="welcome:ann", job_id=uuid7())
    with pytest.raises(IntegrityError, match="processedkey"):
        ProcessedKey.objects.create(key="welcome:ann", job_id=uuid7())


def test_no_constraint_is_without_a_test() -> None:
    tested = {constraint for constraint, _ in BROKEN} | {
        "job_once_per_client_and_key",
        "one_waiting_dead_letter_per_job",
        "dead_letter_resolved_at_iff_resolved",
    }
    declared = {
        constraint.name
        for model in (Job, DeadLetter, ProcessedKey)
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint | UniqueConstraint)
    }
    assert declared == tested
