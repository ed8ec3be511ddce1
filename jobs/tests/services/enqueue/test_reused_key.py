"""The same idempotency key again: with the payload of the job that has it, or refused."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from rest_framework import serializers

from jobs.core.errors import IdempotencyKeyReused
from jobs.core.request_errors import RequestsRefused
from jobs.core.states import Effect
from jobs.handlers.registry import JobType, job_types
from jobs.models import Job
from jobs.services.enqueue import Enqueued, jobs_enqueue
from jobs.tests.enqueueing import enqueue, request
from jobs.tests.steps import succeed

pytestmark = pytest.mark.django_db(transaction=True)


class FilledIn(serializers.Serializer[dict[str, Any]]):
    """A field that is another one each time, and two of the client's."""

    token = serializers.UUIDField(default=uuid4)
    text = serializers.CharField()
    extra = serializers.JSONField(default=None)


@pytest.fixture
def filled_in(monkeypatch: pytest.MonkeyPatch) -> str:
    note = job_types.get("tests.note")
    one = JobType("tests.filled_in", note.handler, FilledIn, Effect.IDEMPOTENT)
    monkeypatch.setitem(job_types._types, one.name, one)
    return one.name


def test_another_payload_is_refused_and_the_fields_are_named() -> None:
    first = enqueue(idempotency_key="order-1", payload={"text": "a", "secret": "b"})
    with transaction.atomic():
        with pytest.raises(IdempotencyKeyReused, match="'secret', 'text'") as refused:
            enqueue(idempotency_key="order-1", payload={"text": "c"})
        assert Job.objects.count() == 1  # the transaction goes on
    assert refused.value.job_id == first.job_id


def test_what_the_type_fills_in_by_itself_is_no_difference(filled_in: str) -> None:
    extra = {"numbers": [1e300, 1, 1.5, -0.0], "text": "ü"}
    first, again = (
        enqueue(type=filled_in, idempotency_key="k", payload={"text": "a", "extra": extra})
        for _ in range(2)
    )
    assert again.duplicate
    assert again.job_id == first.job_id
    with pytest.raises(IdempotencyKeyReused, match=r"what differs: 'text'$"):
        enqueue(type=filled_in, idempotency_key="k", payload={"text": "b", "extra": extra})


def test_a_field_that_the_type_has_got_since_is_no_difference() -> None:
    first = enqueue(idempotency_key="k", payload={"text": "a"})
    Job.objects.update(payload={"text": "a"})
    assert enqueue(idempotency_key="k", payload={"text": "a"}).job_id == first.job_id
    with pytest.raises(IdempotencyKeyReused, match="'secret'"):
        enqueue(idempotency_key="k", payload={"text": "a", "secret": "b"})


def test_among_many_it_is_the_answer_of_its_place() -> None:
    requests = [request(idempotency_key="k"), request(idempotency_key="k", payload={"text": "b"})]
    answers = jobs_enqueue(requests=requests)
    assert isinstance(answers[0], Enqueued)
    assert isinstance(answers[1], IdempotencyKeyReused)


def test_with_atomic_it_takes_back_all() -> None:
    requests = [
        request(),
        request(idempotency_key="k"),
        request(idempotency_key="k", payload={"text": "b"}),
    ]
    with pytest.raises(RequestsRefused) as refused:
        jobs_enqueue(requests=requests, atomic=True)
    assert list(refused.value.errors) == [2]
    assert not Job.objects.exists()


def test_of_a_job_that_is_pruned_the_key_answers() -> None:
    job = enqueue(idempotency_key="k").job
    succeed(job)
    job.delete()
    again = enqueue(idempotency_key="k", payload={"text": "its payload is gone"})
    assert (again.duplicate, again.is_pruned, again.state, again.run_at) == (
        True,
        True,
        "succeeded",
        None,
    )
    with pytest.raises(Job.DoesNotExist, match="is pruned"):
        _ = again.job
