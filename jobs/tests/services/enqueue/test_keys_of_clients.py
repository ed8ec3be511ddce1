"""A client's key is within the client, whoever else uses it; keys of the old form still hold."""

from collections.abc import Callable

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage
from jobs.core.states import JobState
from jobs.models import Job, ProcessedKey
from jobs.models.moments import seconds_ago
from jobs.services.attempts import jobs_claim
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.enqueue import Enqueued, jobs_enqueue
from jobs.tests.enqueueing import request
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.steps import claim_one, fail, stored, succeed

pytestmark = pytest.mark.django_db(transaction=True)

OLD = "tests.note:order-1"


def outlived(key: str = OLD, *, done: bool = True) -> ProcessedKey:
    """A key whose job is pruned."""
    processed_at = seconds_ago(60) if done else None
    return ProcessedKey.objects.create(key=key, job_id=uuid7(), processed_at=processed_at)


def keyed(user_id: int | None = None) -> Job:
    return make_job(idempotency_key="order-1", submitted_by_id=user_id)


def keyed_among_many(user_id: int | None = None) -> Job:
    requests = [request(), request(idempotency_key="order-1"), request(idempotency_key="order-2")]
    _, wanted, other = jobs_enqueue(requests=requests, submitted_by_id=user_id)
    assert isinstance(wanted, Enqueued)
    assert isinstance(other, Enqueued)
    assert stored(other.job).effect_key == f":tests.note:order-2:{user_id or ''}"
    return wanted.job


def test_a_job_that_another_client_has_done_under_that_key_is_done_all_the_same() -> None:
    ann, bob = (keyed(make_user().id) for _ in range(2))
    succeed(ann)
    succeed(bob)
    assert stored(bob).state == JobState.SUCCEEDED


def test_a_job_of_django_code_is_not_held_back_by_that_of_a_client() -> None:
    fail(keyed(make_user().id))
    assert claim_one(keyed())


def test_what_a_type_derives_spans_clients() -> None:
    ann, bob = (
        make_job(
            type="tests.note_by_text",
            payload={"text": "ann"},
            idempotency_key="order-1",
            submitted_by_id=make_user().id,
        )
        for _ in range(2)
    )
    succeed(ann)
    jobs_resolve_key_conflicts(job_ids=[bob.id])
    assert stored(bob).state == JobState.SKIPPED


@pytest.mark.parametrize("make", [keyed, keyed_among_many])
def test_a_key_of_the_old_form_whose_job_is_pruned_is_taken_over(
    make: Callable[[int], Job], broker: RedisBroker
) -> None:
    owner = outlived()
    job = make(make_user().id)
    assert job.effect_key == stored(job).effect_key == OLD
    assert OLD in {one.message.effect_key for one in broker.fetch(["default"], 9)}
    assert not jobs_claim(worker_id=make_worker().id, job_ids=[job.id])
    jobs_resolve_key_conflicts(job_ids=[job.id])
    assert (stored(job).state, stored(job).done_by_id) == (JobState.SKIPPED, owner.job_id)


@pytest.mark.parametrize("make", [keyed, keyed_among_many])
def test_a_key_of_the_old_form_whose_job_is_there_is_of_that_client(
    make: Callable[[int], Job],
) -> None:
    ann, bob = make_user().id, make_user().id
    Job.objects.filter(id=(first := keyed(ann)).id).update(effect_key=OLD)
    succeed(first)
    job = make(bob)
    assert job.effect_key == stored(job).effect_key == f":tests.note:order-1:{bob}"


def test_a_key_of_the_old_form_that_says_of_no_effect_that_it_happened_holds_nothing_back() -> None:
    outlived(done=False)
    assert claim_one(keyed())


def test_once_it_has_expired_a_new_job_has_a_key_of_its_own() -> None:
    outlived().delete()
    assert keyed().effect_key == ":tests.note:order-1:"


def test_messages_and_cache_marks_of_the_old_form_hold_nothing_back(broker: RedisBroker) -> None:
    job = keyed(make_user().id)
    broker.forget_everything()
    broker.mark_done([(OLD, uuid7())])  # another client's
    broker.dispatch([QueueMessage(job.id, OLD, "default", 5)])
    [fetched] = broker.fetch(["default"], 9)
    assert fetched.has_key_conflict
    jobs_resolve_key_conflicts(job_ids=[job.id])
    [fetched] = broker.fetch(["default"], 9)
    assert not fetched.has_key_conflict
    succeed(job)
