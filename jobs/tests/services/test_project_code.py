"""What a project's own code raises about one payload is the refusal of that payload alone."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework import serializers

from jobs.core.errors import PayloadInvalid
from jobs.core.limit import LimitRule
from jobs.core.states import Effect
from jobs.handlers.context import Payload
from jobs.handlers.registry import JobType, job_types
from jobs.models import Job
from jobs.services.edit import JobChanges, job_edit
from jobs.services.enqueue import Enqueued, jobs_enqueue
from jobs.services.limit_book import limit_book
from jobs.tests.enqueueing import enqueue, request
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

Register = Callable[..., None]


class Careless(serializers.Serializer[Payload]):
    """Its check did not foresee a text that is no number."""

    text = serializers.CharField()

    def validate(self, attrs: Payload) -> Payload:
        int(attrs["text"])
        return attrs


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    def add(payload: Any = None, **arguments: Any) -> None:
        note = job_types.get("tests.note")
        job_type = JobType(
            "tests.this", note.handler, payload or note.payload, Effect.IDEMPOTENT, **arguments
        )
        monkeypatch.setitem(job_types._types, "tests.this", job_type)

    return add


def number(payload: Payload) -> Any:
    return int(payload["text"])


def text(payload: Payload) -> str:
    return str(int(payload["text"]))


BY_NUMBER: list[dict[str, Any]] = [
    {"payload": Careless},
    {"key": text},
    {"concurrency_key": text, "limit": LimitRule(max_concurrency=1)},
    {"recipients": number},
]


@pytest.mark.parametrize("arguments", BY_NUMBER, ids=lambda one: next(iter(one)))
def test_the_other_jobs_of_a_call_are_accepted(
    arguments: dict[str, Any], register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    register(**arguments)
    refused, accepted = jobs_enqueue(
        requests=[
            request(type="tests.this", payload={"text": "secret"}),
            request(type="tests.this", payload={"text": "7"}),
        ]
    )
    assert isinstance(refused, PayloadInvalid)
    assert isinstance(accepted, Enqueued)
    assert "ValueError at test_project_code.py" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("arguments", BY_NUMBER[:3], ids=lambda one: next(iter(one)))
def test_an_edit_is_refused(arguments: dict[str, Any], register: Register) -> None:
    register(**arguments)
    job = enqueue(type="tests.this", payload={"text": "7"}).job
    with pytest.raises(PayloadInvalid):
        job_edit(job_id=job.id, changes=JobChanges(payload={"text": "seven"}))
    assert Job.objects.get(id=job.id).payload["text"] == "7"


@pytest.mark.parametrize("odd", ["a\0", "\ud83d" * 300])
@pytest.mark.parametrize("name", ["key", "concurrency_key", "fairness_key"])
def test_a_key_may_be_of_any_characters(
    name: str, odd: str, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: dict[str, Any] = {name: lambda payload: odd}
    if name == "concurrency_key":
        arguments["limit"] = LimitRule(max_concurrency=1)
    if name == "fairness_key":
        monkeypatch.setattr(limit_book, "_fair_by_name", {"queue:default": True})
    register(**arguments)
    client = make_user()
    [first, again] = jobs_enqueue(
        requests=[request(type="tests.this"), request(type="tests.this")],
        submitted_by_id=client.id,
    )
    assert isinstance(first, Enqueued)
    assert isinstance(again, Enqueued)
    jobs = Job.objects.filter(id__in=[first.job_id, again.job_id])
    column = {"key": "effect_key", "concurrency_key": "limits"}.get(name, "fairness_key")
    assert len({str(one) for one in jobs.values_list(column, flat=True)}) == 1
