"""The JSON Schema of a serializer says what the serializer takes."""

from typing import Any

import pytest
from rest_framework import serializers

from jobs.api.shared.json_schema import Schema, field_schema, serializer_schema


class Inner(serializers.Serializer[Any]):
    number = serializers.FloatField(max_value=2)


class ReadsItself(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        return data


class Whole(serializers.Serializer[Any]):
    inner = Inner(required=False)
    several: Any = serializers.ListSerializer(child=Inner(), max_length=3)
    hidden = serializers.HiddenField(default=1)
    shown = serializers.CharField(read_only=True)


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        (serializers.CharField(allow_blank=True), {"type": "string"}),
        (serializers.EmailField(), {"type": "string", "minLength": 1, "format": "email"}),
        (
            serializers.RegexField(r"\A[a-z]+\Z"),
            {"type": "string", "minLength": 1, "pattern": "^[a-z]+$"},
        ),
        (serializers.URLField(), {"type": "string", "minLength": 1, "format": "uri"}),
        (serializers.UUIDField(), {"type": "string", "format": "uuid"}),
        (serializers.BooleanField(allow_null=True), {"type": ["boolean", "null"]}),
        (
            serializers.ChoiceField(["a"], allow_null=True),
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
        ),
        (serializers.ChoiceField([1, 2]), {"type": "integer", "enum": [1, 2]}),
        (
            serializers.ListField(child=serializers.IntegerField(), allow_empty=False),
            {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        ),
        (
            serializers.DictField(child=serializers.CharField()),
            {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
        ),
        (serializers.JSONField(allow_null=True), {}),
        (
            serializers.DateTimeField(allow_null=True, default=None),
            {"type": ["string", "null"], "format": "date-time"},
        ),
    ],
)
def test_fields(field: Any, schema: Schema) -> None:
    assert field_schema(field) == schema


def test_a_serializer_in_another() -> None:
    inner = {
        "type": "object",
        "properties": {"number": {"type": "number", "maximum": 2}},
        "required": ["number"],
        "additionalProperties": False,
    }
    assert serializer_schema(Whole()) == {
        "type": "object",
        "properties": {
            "inner": inner,
            "several": {"type": "array", "items": inner, "maxItems": 3},
        },
        "required": ["several"],
        "additionalProperties": False,
    }


def test_a_class_that_reads_its_data_itself_may_take_more() -> None:
    assert serializer_schema(ReadsItself()) == {"type": "object", "properties": {}}


def test_a_class_may_say_it_better() -> None:
    class Even(serializers.IntegerField):
        json_schema = {"type": "integer", "multipleOf": 2}

    assert field_schema(Even(allow_null=True)) == {"type": ["integer", "null"], "multipleOf": 2}


@pytest.mark.parametrize("may_be_null", [True, False])
def test_what_takes_anything_takes_null_only_if_it_says_so(may_be_null: bool) -> None:
    schema = field_schema(serializers.JSONField(allow_null=may_be_null))
    assert schema == ({} if may_be_null else {"not": {"type": "null"}})
