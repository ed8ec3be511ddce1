"""A payload is what its serializer accepts and renders, however little of that is gone through."""

from typing import Any, ClassVar

import pytest
from pytest_django.fixtures import Settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer

from jobs.core.errors import (
    PayloadInvalid,
    PayloadTooLarge,
)
from jobs.core.states import Effect
from jobs.handlers.registry import JobType, job_types
from jobs.models import Job
from jobs.services.enqueue.payload import clean_payload
from jobs.tests.enqueueing import enqueue
from jobs.tests.steps import stored


class Plain(Serializer[Any]):
    text = serializers.CharField()
    number = serializers.IntegerField(required=False)
    share = serializers.FloatField(default=0.5)
    yes = serializers.BooleanField(allow_null=True, default=None)


class Renamed(Serializer[Any]):
    text = serializers.CharField(source="title")


class WithSecret(Serializer[Any]):
    text = serializers.CharField()
    password = serializers.CharField(write_only=True)


class WithMoment(Serializer[Any]):
    at = serializers.DateTimeField()


class WithRule(Serializer[Any]):
    text = serializers.CharField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["text"] == "no":
            raise ValidationError("not this")
        return {**attrs, "text": attrs["text"].upper()}


def not_no(attrs: dict[str, Any]) -> None:
    if attrs["text"] == "no":
        raise ValidationError("not this")


class WithValidator(Serializer[Any]):
    text = serializers.CharField()

    class Meta:
        validators: ClassVar = [not_no]


class WithOwnRendering(Serializer[Any]):
    text = serializers.CharField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {"said": instance["text"]}


class WithFieldRule(Serializer[Any]):
    text = serializers.CharField()

    def validate_text(self, text: str) -> str:
        if text == "no":
            raise ValidationError("not this")
        return text[::-1]


CLASSES = [
    *(Plain, Renamed, WithSecret, WithMoment),
    *(WithRule, WithValidator, WithOwnRendering, WithFieldRule),
]
# Nothing that `strict_payload` refuses: DRF is more generous.
PAYLOADS: list[dict[str, Any]] = [
    {},
    {"text": "  hello "},
    {"text": "no"},
    {"text": "a", "number": 8, "share": 0.25, "yes": True},
    {"text": ""},
    {"text": None},
    {"text": "x", "password": "y"},
    {"at": "2026-11-24T10:00:00+02:00"},
]


def reference(payload_class: type[Serializer[Any]], payload: dict[str, Any]) -> Any:
    serializer = payload_class()
    try:
        accepted = serializer.run_validation(payload)
    except ValidationError as error:
        return error.detail
    return dict(serializer.to_representation(accepted))


def cleaned(payload_class: type[Serializer[Any]], payload: dict[str, Any]) -> Any:
    job_type = JobType("checked", lambda payload, context: None, payload_class, Effect.ONCE)
    try:
        return clean_payload(job_type, payload)
    except PayloadInvalid as error:
        return error.errors


@pytest.mark.parametrize("payload", PAYLOADS, ids=str)
@pytest.mark.parametrize("payload_class", CLASSES)
def test_it_is_what_the_serializer_says(
    payload_class: type[Serializer[Any]], payload: dict[str, Any]
) -> None:
    payload = {name: payload[name] for name in payload if name in payload_class().fields}
    assert cleaned(payload_class, payload) == reference(payload_class, payload)


def test_what_one_payload_leaves_behind_is_not_in_the_next() -> None:
    assert cleaned(Plain, {"text": "a", "number": 1})["number"] == 1
    assert "number" not in cleaned(Plain, {"text": "a"})


@pytest.mark.django_db(transaction=True)
def test_the_payload_is_what_the_serializer_made_of_it() -> None:
    job = enqueue(payload={"text": "hello", "failures": 2}).job
    assert stored(job).payload == {
        "text": "hello",
        "seconds": 0.0,
        "failures": 2,
        "error": "error",
        "secret": "",
    }


@pytest.mark.django_db(transaction=True)
def test_a_payload_that_is_too_large_is_refused(settings: Settings) -> None:
    settings.JOBS_PAYLOAD_MAX_BYTES = 200
    with pytest.raises(PayloadTooLarge) as refusal:
        enqueue(payload={"text": "ü" * 100})
    assert refusal.value.size_bytes > 200 == refusal.value.limit_bytes
    assert not Job.objects.exists()
    enqueue(payload={"text": "u" * 100})


def test_a_payload_that_does_not_fit_is_refused_with_the_reasons() -> None:
    with pytest.raises(PayloadInvalid) as refusal:
        enqueue(payload={"failures": "many"})
    assert set(refusal.value.errors) == {"text", "failures"}


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_one_in_json_is_refused(number: str) -> None:
    """A serializer's FloatField takes these words; JSON has no such numbers."""
    with pytest.raises(PayloadInvalid):
        enqueue(payload={"text": "hello", "seconds": number})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", ["a\x00b", "caf\udce9"])
def test_a_text_that_postgresql_cannot_hold_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Serializers of job types may have fields that check nothing."""

    class AnythingPayload(serializers.Serializer[dict[str, Any]]):
        anything = serializers.JSONField()

    note = job_types.get("tests.note")
    anything = JobType("tests.anything", note.handler, AnythingPayload, Effect.IDEMPOTENT)
    monkeypatch.setitem(job_types._types, "tests.anything", anything)
    with pytest.raises(PayloadInvalid):
        enqueue(type="tests.anything", payload={"anything": {"deep": [text]}})
    literal = enqueue(type="tests.anything", payload={"anything": r"a literal \u0000"}).job
    assert stored(literal).payload == {"anything": r"a literal \u0000"}
