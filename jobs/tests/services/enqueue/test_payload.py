"""A payload is what its serializer accepts and renders, however little of that is gone through."""

from typing import Any, ClassVar

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer

from jobs.core.errors import PayloadInvalid
from jobs.core.states import Effect
from jobs.handlers.registry import JobType
from jobs.services.enqueue.payload import clean_payload


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
PAYLOADS: list[dict[str, Any]] = [
    {},
    {"text": "  hello "},
    {"text": "no"},
    {"text": 7, "number": "8", "share": "0.25", "yes": "true", "more": 1},
    {"text": "a", "number": "b"},
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


def ours(payload_class: type[Serializer[Any]], payload: dict[str, Any]) -> Any:
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
    assert ours(payload_class, payload) == reference(payload_class, payload)


def test_what_one_payload_leaves_behind_is_not_in_the_next() -> None:
    assert ours(Plain, {"text": "a", "number": 1})["number"] == 1
    assert "number" not in ours(Plain, {"text": "a"})
