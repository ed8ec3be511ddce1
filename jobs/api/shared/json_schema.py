"""JSON Schema (2020-12) of what a serializer takes, strictly as `strict_payload.py` reads it.

A field class of your own is described as the class of DRF that it extends. Where that says too
little it has an attribute `json_schema`: the schema, without what `allow_null` and defaults say.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core.validators import RegexValidator, URLValidator
from rest_framework import serializers

Schema = dict[str, Any]

# Of a text in Python; JSON Schema has another dialect.
_TEXT_END = re.compile(r"\\[zZ]$")

_DECIMAL_TEXT = r"^-?[0-9]+(\.[0-9]+)?$"


def serializer_schema(serializer: serializers.BaseSerializer[Any]) -> Schema:
    """The schema of the object, or list of objects, that the serializer takes."""
    if isinstance(serializer, serializers.ListSerializer):
        return _list(serializer)
    if not isinstance(serializer, serializers.Serializer):
        return {}  # a class that reads its data by itself: it may be anything
    taken = {
        name: field
        for name, field in serializer.fields.items()
        if not (field.read_only or isinstance(field, serializers.HiddenField))
    }
    schema: Schema = {
        "type": "object",
        "properties": {name: field_schema(field) for name, field in taken.items()},
    }
    if required := [name for name, field in taken.items() if field.required]:
        schema["required"] = required
    if refuses_unknown(serializer):
        schema["additionalProperties"] = False
    return schema


def refuses_unknown(serializer: serializers.Serializer[Any]) -> bool:
    """Whether unknown members are an error: for all but classes that read their data themselves,
    which say so by an attribute of the same name."""
    own: Any = type(serializer).to_internal_value
    reads_as_drf = own is serializers.Serializer.to_internal_value
    return bool(getattr(serializer, "refuses_unknown", reads_as_drf))


def field_schema(field: Any) -> Schema:
    """The schema of one field."""
    schema = _described(field)
    if field.help_text:
        schema["description"] = str(field.help_text)
    if _has_plain_default(field):
        schema["default"] = field.default
    return _or_null(schema) if field.allow_null else _not_null(schema)


def _described(field: Any) -> Schema:
    if (own := getattr(field, "json_schema", None)) is not None:
        return dict(own)
    return next((schema(field) for base, schema in _BY_CLASS if isinstance(field, base)), {})


def _or_null(schema: Schema) -> Schema:
    kind = schema.get("type")
    if not isinstance(kind, str):
        return {"anyOf": [schema, {"type": "null"}]} if schema else schema
    if "enum" in schema:  # clients have no type for a value or null in one list
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [kind, "null"]}


def _not_null(schema: Schema) -> Schema:
    """A field that takes anything takes no null all the same."""
    says_what = {"type", "enum", "anyOf", "const"} & schema.keys()
    return schema if says_what else {**schema, "not": {"type": "null"}}


def _has_plain_default(field: Any) -> bool:
    return isinstance(field.default, str | int | float)


def _text(field: Any) -> Schema:
    least = getattr(field, "min_length", None) or (0 if field.allow_blank else 1)
    most = getattr(field, "max_length", None)
    text = {"type": "string", "minLength": least or None, "maxLength": most}
    return _without_none({**text, "pattern": _pattern(field)})


def _pattern(field: Any) -> str | None:
    """The expression of a field that has one. Those of URLs say less than their format."""
    for validator in field.validators:
        if (
            isinstance(validator, RegexValidator)
            and not isinstance(validator, URLValidator)
            and not validator.inverse_match
            and not validator.flags
        ):
            compiled: Any = validator.regex
            return _TEXT_END.sub("$", str(compiled.pattern).replace(r"\A", "^"))
    return None


def _formatted(name: str) -> Callable[[Any], Schema]:
    def schema(field: Any) -> Schema:
        text = _text(field) if isinstance(field, serializers.CharField) else {"type": "string"}
        return {**text, "format": name}

    return schema


def _number(kind: str) -> Callable[[Any], Schema]:
    def schema(field: Any) -> Schema:
        return _without_none({"type": kind, "minimum": field.min_value, "maximum": field.max_value})

    return schema


def _decimal(field: Any) -> Schema:
    return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _DECIMAL_TEXT}]}


def _choice(field: Any) -> Schema:
    values = [*field.choices, *([""] if field.allow_blank and "" not in field.choices else [])]
    kinds = {type(value) for value in values}
    if kinds == {str}:
        return {"type": "string", "enum": values}
    if kinds == {int}:
        return {"type": "integer", "enum": values}
    return {"enum": values}


def _choices(field: Any) -> Schema:
    return {"type": "array", "items": _choice(field)}


def _list(field: Any) -> Schema:
    least = getattr(field, "min_length", None) or (None if field.allow_empty else 1)
    return _without_none(
        {
            "type": "array",
            "items": field_schema(field.child),
            "minItems": least,
            "maxItems": getattr(field, "max_length", None),
        }
    )


def _mapping(field: Any) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": field_schema(field.child)}
    return schema if field.allow_empty else {**schema, "minProperties": 1}


def _without_none(schema: Mapping[str, Any]) -> Schema:
    return {name: value for name, value in schema.items() if value is not None}


def _always(schema: Schema) -> Callable[[Any], Schema]:
    return lambda _: dict(schema)


# The first class that fits counts, so that a class stands before those that it extends.
_BY_CLASS: tuple[tuple[type[Any], Callable[[Any], Schema]], ...] = (
    (serializers.BaseSerializer, serializer_schema),
    (serializers.MultipleChoiceField, _choices),
    (serializers.ChoiceField, _choice),
    (serializers.ListField, _list),
    (serializers.DictField, _mapping),
    (serializers.BooleanField, _always({"type": "boolean"})),
    (serializers.IntegerField, _number("integer")),
    (serializers.FloatField, _number("number")),
    (serializers.DecimalField, _decimal),
    (serializers.UUIDField, _formatted("uuid")),
    (serializers.DateTimeField, _formatted("date-time")),
    (serializers.DateField, _formatted("date")),
    (serializers.TimeField, _formatted("time")),
    (serializers.DurationField, _always({"type": "string"})),
    (serializers.EmailField, _formatted("email")),
    (serializers.URLField, _formatted("uri")),
    (serializers.CharField, _text),
)
