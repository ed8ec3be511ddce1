"""A request becomes a job: its type, its queue, its effect key, and the defaults."""

import pytest
from pytest_django.fixtures import Settings

from jobs.core.errors import (
    UnknownJobType,
    UnknownQueue,
)
from jobs.core.states import Effect
from jobs.handlers.registry import JobType, job_types
from jobs.tests.enqueueing import enqueue

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert job.effect_key == f":tests.note:{'k' * 255}:"


def test_an_unknown_queue_is_refused() -> None:
    with pytest.raises(UnknownQueue, match="known queues: default, emails, bulk"):
        enqueue(queue="nowhere")


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UnknownJobType, match=r"tests\.nothing"):
        enqueue(type="tests.nothing")
