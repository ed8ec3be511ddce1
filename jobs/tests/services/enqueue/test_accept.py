"""A job is accepted: the row is committed, then the id is dispatched; duplicates are known."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from jobs.broker.redis import RedisBroker
from jobs.core.errors import (
    UnknownJobType,
    UnknownQueue,
)
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.enqueue import Enqueued, jobs_enqueue
from jobs.tests.enqueueing import enqueue, request, waiting
from jobs.tests.factories import make_user
from jobs.tests.steps import stored
from jobs.tests.threads import at_once, elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_row_says_everything_that_was_asked_for() -> None:
    user = make_user()
    job = enqueue(
        queue="bulk",
        priority=9,
        max_retries=2,
        idempotency_key="order-1",
        submitted_by_id=user.id,
    ).job
    row = elsewhere(lambda: stored(job))  # another connection: it is committed
    assert (row.state, row.attempt, row.failures, row.crashes, row.errors) == (
        JobState.QUEUED,
        0,
        0,
        0,
        [],
    )
    assert (row.type, row.queue, row.priority, row.max_retries) == ("tests.note", "bulk", 9, 2)
    assert (row.idempotency_key, row.effect_key) == (
        "order-1",
        f":tests.note:order-1:{user.id}",
    )
    assert row.submitted_by == user
    assert row.payload["text"] == "hello"


def test_it_is_dispatched_once_committed(broker: RedisBroker) -> None:
    with transaction.atomic():
        job = enqueue().job
        assert waiting(broker) == 0
    assert [one.message.job_id for one in broker.fetch(["default"], 10)] == [job.id]


def test_a_rollback_leaves_nothing_behind(broker: RedisBroker) -> None:
    with transaction.atomic():
        enqueue()
        enqueue(delay_seconds=60)
        transaction.set_rollback(True)
    assert not Job.objects.exists()
    assert waiting(broker) == 0
    assert broker.depth(["default"]).delayed == 0


def test_a_delay_counts_from_now(broker: RedisBroker) -> None:
    job = stored(enqueue(delay_seconds=90).job)
    assert job.run_at - job.created_at == timedelta(seconds=90)
    assert job.dispatched_at == job.run_at
    assert waiting(broker) == 0
    assert broker.depth(["default"]).delayed == 1


def test_a_moment_ahead_is_waited_for(broker: RedisBroker) -> None:
    moment = datetime.now(UTC) + timedelta(hours=1)
    job = stored(enqueue(run_at=moment).job)
    assert job.run_at == moment
    assert job.dispatched_at == moment
    assert waiting(broker) == 0
    assert broker.depth(["default"]).delayed == 1


def test_a_moment_with_an_offset_is_the_same_moment() -> None:
    moment = datetime.fromisoformat("2099-07-01T12:00:00.123456+05:30")
    assert stored(enqueue(run_at=moment).job).run_at == moment


def test_a_moment_that_has_passed_is_now(broker: RedisBroker) -> None:
    moment = datetime.now(UTC) - timedelta(days=3)
    job = stored(enqueue(run_at=moment).job)
    assert job.run_at == moment
    assert job.dispatched_at == job.created_at  # or it would count as lost at once
    assert waiting(broker) == 1


def test_the_same_key_again_gives_the_first_job(broker: RedisBroker) -> None:
    user = make_user()
    first = enqueue(idempotency_key="order-1", submitted_by_id=user.id)
    again = enqueue(idempotency_key="order-1", submitted_by_id=user.id, priority=9)
    assert not first.duplicate
    assert again.duplicate
    assert again.job.id == again.job_id == first.job.id
    assert again.job.payload["text"] == "hello"
    assert waiting(broker) == 1


def test_a_key_belongs_to_one_client_and_one_type() -> None:
    ann, bob = make_user(), make_user()
    jobs = [
        enqueue(idempotency_key="order-1", submitted_by_id=ann.id),
        enqueue(idempotency_key="order-1", submitted_by_id=bob.id),
        enqueue(idempotency_key="order-1"),
        enqueue(idempotency_key="order-1", submitted_by_id=ann.id, type="tests.note_once"),
    ]
    assert not any(one.duplicate for one in jobs)
    assert len({one.job.id for one in jobs}) == 4


def test_jobs_that_no_user_submitted_are_deduplicated_among_themselves() -> None:
    first = enqueue(idempotency_key="nightly")
    again = enqueue(idempotency_key="nightly")
    assert again.duplicate
    assert again.job.id == first.job.id


def test_without_a_key_nothing_is_a_duplicate() -> None:
    assert not enqueue().duplicate
    assert not enqueue().duplicate
    assert Job.objects.count() == 2


def test_fifty_at_once_with_one_key_make_one_job(broker: RedisBroker) -> None:
    user_id = make_user().id
    answers = at_once(
        *[lambda: enqueue(idempotency_key="order-1", submitted_by_id=user_id) for _ in range(50)]
    )
    assert len({one.job.id for one in answers}) == 1
    assert sum(not one.duplicate for one in answers) == 1
    assert Job.objects.count() == 1
    assert waiting(broker) == 1


def test_a_key_is_taken_while_the_job_of_an_open_transaction_may_still_be_rolled_back() -> None:
    with transaction.atomic():
        first = enqueue(idempotency_key="order-1")
        again = enqueue(idempotency_key="order-1")
        assert again.duplicate
        assert again.job.id == first.job.id


def test_many_are_answered_in_their_order(broker: RedisBroker) -> None:
    answers = jobs_enqueue(
        requests=[
            request(payload={"text": "first"}),
            request(queue="nowhere"),
            request(idempotency_key="order-1"),
            request(type="tests.nothing"),
            request(idempotency_key="order-1"),
            request(delay_seconds=60),
        ]
    )
    assert isinstance(answers[1], UnknownQueue)
    assert isinstance(answers[3], UnknownJobType)
    accepted = [one for one in answers if isinstance(one, Enqueued)]
    assert [one.duplicate for one in accepted] == [False, False, True, False]
    assert accepted[1].job.id == accepted[2].job.id
    assert Job.objects.count() == 3
    assert waiting(broker) == 2
    assert broker.depth(["default"]).delayed == 1
