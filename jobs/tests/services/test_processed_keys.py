"""A processed key is released, but never while two jobs could do the effect at once."""

from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from jobs.broker.redis import RedisBroker
from jobs.core.actor import Actor
from jobs.core.decision_errors import KeyNotReleasable
from jobs.core.states import JobState
from jobs.models import Event, Job, ProcessedKey
from jobs.services.dead_letters import dead_letter_discard
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.enqueue import job_enqueue
from jobs.services.processed_keys import key_holder, processed_key_release
from jobs.services.verification.database import database_checks
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import claim_one, die, interrupt, stored, succeed

pytestmark = pytest.mark.django_db(transaction=True)

ANN = Actor("7", "ann")


def release(key: str) -> ProcessedKey:
    return processed_key_release(key=key, actor=ANN, reason="the mail had bounced")


def test_the_client_may_send_it_again_and_it_is_done_again(broker: RedisBroker) -> None:
    client = make_user()
    keyed: dict[str, Any] = {
        "idempotency_key": "order-7",
        "submitted_by_id": client.pk,
        "payload": {"text": "a"},
    }
    first = make_job(**keyed)
    key = first.effect_key
    succeed(first)
    broker.mark_done([(key, first.id)])
    release(key)
    assert not ProcessedKey.objects.filter(key=key).exists()
    assert list(broker.done_cache_marks()) in ([], [[]])
    again = job_enqueue(type="tests.note", **keyed)
    assert not again.duplicate
    succeed(again.job)
    assert ProcessedKey.objects.get(key=key).job_id == again.job_id
    assert [one for one in database_checks() if one.violations] == []
    event = Event.objects.about("processed_key", key).get()
    assert (event.action, event.actor_name) == ("processed_key.released", "ann")
    assert event.before["job"] == str(first.id)


def test_a_job_that_was_skipped_for_it_is_no_contradiction() -> None:
    first = make_job(idempotency_key="k", submitted_by_id=make_user().pk)
    second = make_job()
    Job.objects.filter(id=second.id).update(effect_key=first.effect_key)
    succeed(first)
    jobs_resolve_key_conflicts(job_ids=[second.id])
    assert stored(second).state == JobState.SKIPPED
    release(first.effect_key)
    assert [one for one in database_checks() if one.violations] == []


@pytest.mark.parametrize("state", ["queued", "running"])
def test_not_while_its_job_may_still_run(state: str) -> None:
    job = make_job(idempotency_key="k")
    if state == "running":
        claim_one(job)
    else:
        ProcessedKey.objects.create(key=job.effect_key, job_id=job.id)
    with pytest.raises(KeyNotReleasable, match="cancel it first"):
        release(job.effect_key)
    assert key_holder(ProcessedKey.objects.get(key=job.effect_key)).obstacle
    assert not Event.objects.exists()


def test_not_while_nobody_knows_whether_it_was_done() -> None:
    _, letter = interrupt(make_job(type="tests.note_once", idempotency_key="once"))
    with pytest.raises(KeyNotReleasable, match="dead letter"):
        release(letter.job.effect_key)
    dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=None)
    release(letter.job.effect_key)
    assert not ProcessedKey.objects.exists()


def test_the_key_of_a_job_that_is_pruned() -> None:
    ProcessedKey.objects.create(key="spare", job_id=uuid4(), processed_at=Now())
    release("spare")
    assert not ProcessedKey.objects.exists()


def test_the_key_of_a_dead_job_goes_and_the_job_keeps_its_name() -> None:
    job = make_job(idempotency_key="k")
    die(job)
    release(job.effect_key)
    assert stored(job).idempotency_key == "k"
    assert stored(job).effect_key == job.effect_key


def test_a_reason_must_be_given() -> None:
    job = make_job(idempotency_key="k")
    succeed(job)
    with pytest.raises(KeyNotReleasable, match="say why"):
        processed_key_release(key=job.effect_key, actor=ANN, reason=" ")
    assert ProcessedKey.objects.filter(key=job.effect_key).exists()
