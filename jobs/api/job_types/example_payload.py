"""A payload that a job type takes: the one that it declares, or one made from its schema."""

from collections.abc import Callable
from typing import Any

from jobs.api.shared.json_schema import Schema
from jobs.handlers.registry import JobType
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.enqueue.payload import clean_payload

_BY_FORMAT = {
    "email": "ann@example.com",
    "uuid": "01890000-0000-7000-8000-000000000000",
    "date-time": "2030-01-31T09:00:00Z",
    "date": "2030-01-31",
    "time": "09:00:00",
    "uri": "https://example.com/",
}
_TEXT = "text"


def example_payload(job_type: JobType, schema: Schema) -> dict[str, Any] | None:
    """The example; None if none was declared and what the schema says is not enough to make one."""
    if job_type.example is not None:
        return dict(job_type.example)
    try:
        made: dict[str, Any] = _example(schema)
        clean_payload(job_type, made)
    except DATABASE_ERRORS:
        raise
    except Exception:  # noqa: BLE001 - a field of the project may say anything about itself
        return None
    return made


def _example(schema: Schema) -> Any:
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0])
    kind = schema.get("type")
    return _BY_TYPE[kind[0] if isinstance(kind, list) else kind or "object"](schema)


def _text(schema: Schema) -> str:
    if (known := _BY_FORMAT.get(schema.get("format", ""))) is not None:
        return known
    text: str = _TEXT.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]


def _number(schema: Schema) -> Any:
    return schema.get("minimum", min(1, schema.get("maximum", 1)))


def _list(schema: Schema) -> list[Any]:
    return [_example(schema.get("items", {}))] * schema.get("minItems", 1)


def _object(schema: Schema) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {name: _example(properties[name]) for name in schema.get("required", ())}


_BY_TYPE: dict[str, Callable[[Schema], Any]] = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": lambda _: True,
    "array": _list,
    "object": _object,
    "null": lambda _: None,
}
