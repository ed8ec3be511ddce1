"""A job is accepted: the row is committed first, Redis is rung afterwards, duplicates are known."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework import serializers

from jobs.broker.redis import RedisBroker
from jobs.core.errors import (
    BrokerUnavailable,
    PayloadInvalid,
    PayloadTooLarge,
    UnknownJobType,
    UnknownQueue,
)
from jobs.core.outage import broker_outage
from jobs.core.states import Effect, JobState
from jobs.handlers.registry import JobType, job_types
from jobs.models import Job
from jobs.services.enqueue import Enqueued, JobRequest, job_enqueue, jobs_enqueue
from jobs.services.enqueue.insert import BATCH
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import stored
from jobs.tests.threads import at_once, elsewhere, waiting_for_locks
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def enqueue(**fields: Any) -> Enqueued:
    return job_enqueue(**({"type": "tests.note", "payload": {"text": "hello"}} | fields))


def waiting(broker: RedisBroker) -> int:
    """How many ids are ready in Redis."""
    return sum(broker.depth(["default", "emails", "bulk"]).ready.values())


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
    assert (row.idempotency_key, row.effect_key) == ("order-1", "tests.note:order-1")
    assert row.submitted_by == user
    assert row.payload["text"] == "hello"


def test_the_job_handed_back_is_the_row() -> None:
    job = enqueue(idempotency_key="order-1", delay_seconds=60).job
    row = stored(job)
    for field in Job._meta.concrete_fields:
        if field.name.endswith("_at") and getattr(job, field.name):
            difference = getattr(job, field.name) - getattr(row, field.name)
            assert abs(difference) < timedelta(milliseconds=1), field.name
        else:
            assert getattr(job, field.attname) == getattr(row, field.attname), field.name


def test_what_is_left_out_comes_from_the_type_and_the_settings(settings: Settings) -> None:
    settings.JOBS_MAX_RETRIES = 7
    job = enqueue().job
    assert (job.queue, job.priority, job.max_retries) == ("default", 5, 7)
    assert job.effect_key == str(job.id)
    assert job.idempotency_key is None
    mail = enqueue(type="send_welcome_email", payload={"email": "ann@example.com"}).job
    assert mail.queue == "emails"


def test_the_type_may_have_retries_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    note = job_types.get("tests.note")
    patient = JobType("tests.own", note.handler, note.payload, Effect.IDEMPOTENT, max_retries=0)
    monkeypatch.setitem(job_types._types, "tests.own", patient)
    assert enqueue(type="tests.own").job.max_retries == 0
    assert enqueue(type="tests.own", max_retries=3).job.max_retries == 3


def test_the_payload_is_what_the_serializer_made_of_it() -> None:
    job = enqueue(payload={"text": "hello", "failures": "2", "unheard": "of"}).job
    assert stored(job).payload == {
        "text": "hello",
        "seconds": 0.0,
        "failures": 2,
        "error": "error",
        "secret": "",
    }


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


@pytest.mark.usefixtures("redis_away")
def test_without_redis_it_is_accepted_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    jobs = [enqueue().job, enqueue(delay_seconds=60).job]
    assert [stored(job).state for job in jobs] == [JobState.QUEUED, JobState.QUEUED]
    assert broker_outage.is_on
    assert caplog.text.count("Redis is unavailable") == 1


def test_a_redis_that_has_just_failed_is_left_alone_for_a_moment(
    broker: RedisBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """Callers must not wait for a connection that times out, one after the other."""
    while broker_outage.seconds_to_next_try < 1:
        broker_outage.failed(BrokerUnavailable("gone"))
    enqueue()
    assert waiting(broker) == 0
    broker_outage.ended()
    enqueue()
    assert waiting(broker) == 1


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
    assert job.dispatched_at == job.created_at  # or the reconciler would take its ring for lost
    assert waiting(broker) == 1


def test_a_short_delay_ends_in_the_list(broker: RedisBroker) -> None:
    job = enqueue(delay_seconds=0.05).job
    assert waiting(broker) == 0
    while not broker.promote_due(10):
        pass
    assert [one.message.job_id for one in broker.fetch(["default"], 10)] == [job.id]


def test_the_same_key_again_gives_the_first_job(broker: RedisBroker) -> None:
    user = make_user()
    first = enqueue(idempotency_key="order-1", submitted_by_id=user.id)
    again = enqueue(idempotency_key="order-1", submitted_by_id=user.id, payload={"text": "other"})
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


def test_a_duplicate_of_a_job_that_is_rolled_back_becomes_a_job_of_its_own() -> None:
    """The first one holds the key and then changes his mind while the second one waits."""
    with transaction.atomic():
        enqueue(idempotency_key="order-1")
        transaction.set_rollback(True)
    assert not enqueue(idempotency_key="order-1").duplicate


def test_a_key_is_taken_while_the_job_of_an_open_transaction_may_still_be_rolled_back() -> None:
    with transaction.atomic():
        first = enqueue(idempotency_key="order-1")
        again = enqueue(idempotency_key="order-1")
        assert again.duplicate
        assert again.job.id == first.job.id


def test_a_derived_key_comes_before_the_one_of_the_client() -> None:
    job = enqueue(type="tests.note_by_text", payload={"text": "ann"}, idempotency_key="order-1").job
    assert job.effect_key == "tests.note_by_text:ann"
    assert job.idempotency_key == "order-1"


def test_a_long_derived_key_is_hashed() -> None:
    long, longer = "x" * 5_000, "x" * 5_001
    first = enqueue(type="tests.note_by_text", payload={"text": long}).job
    again = enqueue(type="tests.note_by_text", payload={"text": long}).job
    other = enqueue(type="tests.note_by_text", payload={"text": longer}).job
    assert first.effect_key.startswith("tests.note_by_text:sha256-")
    assert first.effect_key == again.effect_key != other.effect_key


def test_the_longest_key_that_a_client_may_send_is_kept_as_it_is() -> None:
    job = enqueue(idempotency_key="k" * 255).job
    assert job.effect_key == f"tests.note:{'k' * 255}"


def test_a_payload_that_is_too_large_is_refused(settings: Settings) -> None:
    settings.JOBS_PAYLOAD_MAX_BYTES = 200
    with pytest.raises(PayloadTooLarge) as refusal:
        enqueue(payload={"text": "ü" * 100})
    assert refusal.value.size_bytes > 200 == refusal.value.limit_bytes
    assert not Job.objects.exists()
    enqueue(payload={"text": "u" * 100})


def test_an_unknown_queue_is_refused() -> None:
    with pytest.raises(UnknownQueue, match="known queues: default, emails, bulk"):
        enqueue(queue="nowhere")


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UnknownJobType, match=r"tests\.nothing"):
        enqueue(type="tests.nothing")


def test_a_payload_that_does_not_fit_is_refused_with_the_reasons() -> None:
    with pytest.raises(PayloadInvalid) as refusal:
        enqueue(payload={"failures": "many"})
    assert set(refusal.value.errors) == {"text", "failures"}


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_one_in_json_is_refused(number: str) -> None:
    """A serializer's FloatField takes these words; JSON has no such numbers."""
    with pytest.raises(PayloadInvalid):
        enqueue(payload={"text": "hello", "seconds": number})


@pytest.mark.parametrize("text", ["a\x00b", "caf\udce9"])
def test_a_text_that_postgresql_cannot_hold_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Serializers of job types may have fields that look at nothing."""

    class AnythingPayload(serializers.Serializer[dict[str, Any]]):
        anything = serializers.JSONField()

    note = job_types.get("tests.note")
    anything = JobType("tests.anything", note.handler, AnythingPayload, Effect.IDEMPOTENT)
    monkeypatch.setitem(job_types._types, "tests.anything", anything)
    with pytest.raises(PayloadInvalid):
        enqueue(type="tests.anything", payload={"anything": {"deep": [text]}})
    literal = enqueue(type="tests.anything", payload={"anything": r"a literal \u0000"}).job
    assert stored(literal).payload == {"anything": r"a literal \u0000"}


def request(**fields: Any) -> JobRequest:
    return JobRequest(**({"type": "tests.note", "payload": {"text": "hello"}} | fields))


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


def test_many_keys_are_taken_in_one_order_so_that_no_calls_deadlock() -> None:
    """A batch that asks for `b` and then `a` must not hold `b` while it waits for `a`."""

    def is_free(key: str) -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            enqueue(idempotency_key=key)
            transaction.set_rollback(True)
        return True

    batch = [request(idempotency_key="b"), request(idempotency_key="a")]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            enqueue(idempotency_key="a")
            answers = pool.submit(elsewhere, lambda: jobs_enqueue(requests=batch))
            wait_until(lambda: waiting_for_locks() == 1)
            assert elsewhere(lambda: is_free("b"))
        assert [one.duplicate for one in answers.result(20) if isinstance(one, Enqueued)] == [
            False,
            True,
        ]


def test_users_who_leave_do_not_conflict_with_one_another() -> None:
    """Their jobs stay; what told their keys apart goes."""
    for user in (make_user(), make_user()):
        make_job(idempotency_key="order-1", submitted_by_id=user.id)
        user.delete()
    assert Job.objects.filter(submitted_by=None).count() == 2


def test_two_calls_with_the_same_thousands_of_keys_do_not_wait_for_one_another() -> None:
    """They would, for ever, if each took them batch by batch in its own order."""
    count = 2 * BATCH + 10
    requests = [
        JobRequest("tests.note", {"text": "x"}, idempotency_key=f"{n:05}") for n in range(count)
    ]
    answers = at_once(
        lambda: jobs_enqueue(requests=requests),
        lambda: jobs_enqueue(requests=requests[::-1])[::-1],
    )
    first, second = ([one.job_id for one in answer] for answer in answers)  # type: ignore[union-attr]
    assert first == second
    assert Job.objects.count() == count


def test_a_thousand_duplicates_are_found_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    requests = [
        JobRequest("tests.note", {"text": "x"}, idempotency_key=f"{n}") for n in range(BATCH)
    ]
    first = jobs_enqueue(requests=requests)
    with django_assert_num_queries(4):  # two of them begin and end the transaction
        again = jobs_enqueue(requests=requests)
    assert [one.job_id for one in again] == [one.job_id for one in first]  # type: ignore[union-attr]
    assert all(one.duplicate for one in again)  # type: ignore[union-attr]


def test_a_delay_counts_from_the_call_and_not_from_the_commit(broker: RedisBroker) -> None:
    """The transaction takes as long as the delay: the job is ready at its end."""
    with transaction.atomic():
        enqueue(delay_seconds=0.05)
        long = enqueue(delay_seconds=60).job
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.1)")
    assert waiting(broker) == 1
    assert broker.depth(["default"]).delayed == 1
    [[delayed]] = [one for one in broker.waiting_messages(["default"]) if len(one) == 1][:1]
    assert delayed.job_id == long.id
