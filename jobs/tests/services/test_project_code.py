"""What a project's own code raises about one payload is the refusal of that payload alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound

from jobs.core.errors import PayloadInvalid, PermanentError
from jobs.core.limit import LimitRule
from jobs.core.states import Effect
from jobs.handlers.context import Payload
from jobs.handlers.registry import JobType, job_types
from jobs.models import Job, MailAllowance
from jobs.services.edit import JobChanges, job_edit
from jobs.services.enqueue import Enqueued, jobs_enqueue
from jobs.services.limits.book import limit_book
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


@pytest.mark.parametrize("arguments", BY_NUMBER, ids=lambda one: next(iter(one)))
def test_an_edit_is_refused(arguments: dict[str, Any], register: Register) -> None:
    register(**arguments)
    client = make_user()
    job = enqueue(type="tests.this", payload={"text": "7"}, submitted_by_id=client.id).job
    with pytest.raises(PayloadInvalid):
        job_edit(job_id=job.id, changes=JobChanges(payload={"text": "seven"}))
    assert Job.objects.get(id=job.id).payload["text"] == "7"


def test_recipients_of_before_that_cannot_be_counted_any_more_are_none(register: Register) -> None:
    register()
    client = make_user()
    job = enqueue(type="tests.this", payload={"text": "seven"}, submitted_by_id=client.id).job
    register(recipients=number)
    job_edit(job_id=job.id, changes=JobChanges(payload={"text": "7"}))
    assert round(MailAllowance.objects.get(client=client).used) == 7


@pytest.mark.parametrize("odd", [None, "two", 1.5, -1, 10**400])
def test_recipients_are_a_number_of_people(odd: Any, register: Register) -> None:
    register(recipients=lambda payload: odd)
    with pytest.raises(PayloadInvalid):
        enqueue(type="tests.this", submitted_by_id=make_user().id)


class Unspeakable:
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize("name", ["key", "concurrency_key"])
def test_a_key_that_is_no_text_is_refused(name: str, register: Register) -> None:
    register(**{name: lambda payload: Unspeakable()}, limit=LimitRule(max_concurrency=1))
    with pytest.raises(PayloadInvalid):
        enqueue(type="tests.this")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotFound("No such order."), "No such order."),
        (serializers.ValidationError({"text": ["No order."]}), "No order."),
        (APIException("secret"), "This job type cannot"),
        (PermanentError("secret"), "This job type cannot"),
        (Http404("secret"), "This job type cannot"),
        (KeyError("secret"), "This job type cannot"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_whatever_it_raises_is_told_or_logged(
    error: Exception, told: str, register: Register
) -> None:
    def fail(*_: Any) -> Any:
        raise error

    class Failing(serializers.Serializer[Payload]):
        text = serializers.CharField()

        def validate(self, attrs: Payload) -> Payload:
            raise error

    for arguments in ({"payload": Failing}, {"key": fail}, {"recipients": fail}):
        register(**arguments)
        [refused] = jobs_enqueue(requests=[request(type="tests.this")])
        assert isinstance(refused, PayloadInvalid)
        assert told in str(refused.errors)
        assert "secret" not in str(refused.errors)


def test_a_payload_that_becomes_no_json_is_refused(register: Register) -> None:
    class Priced(serializers.Serializer[Payload]):
        text = serializers.DecimalField(max_digits=5, decimal_places=2, coerce_to_string=False)

    register(Priced)
    with pytest.raises(PayloadInvalid) as refused:
        enqueue(type="tests.this", payload={"text": "7.00"})
    assert "not JSON" in str(refused.value.errors)


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
