"""Reads request bodies: JSON that PostgreSQL can store, and no more of it than is allowed.

Everything refused here would otherwise be an error of the server: `jsonb` holds neither
U+0000 nor half a surrogate pair nor an infinite number, and deep nesting exhausts the stack.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import BaseParser

from jobs.core.conf import jobs_conf

DEPTH_MAX = 100

# The limit on a payload counts compact JSON. What is sent may be indented, or written with
# escapes that are three times as long as the UTF-8 they stand for.
_BODY_PER_PAYLOAD = 4
_BODY_ENVELOPE_BYTES = 16 * 1024

# A thousand jobs of 8 KB. While it is read and parsed, a process needs ten times as much memory.
_BULK_BODY_BYTES = 8 * 1024 * 1024

_SUSPICIOUS_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")

Path = tuple[str, ...]


class UnstorableText(ValidationError):
    """Some text in the body cannot be stored."""

    default_code = "unstorable_text"


class StorableJSONParser(BaseParser):
    """Strict JSON in UTF-8 whose every value PostgreSQL can store."""

    media_type = "application/json"

    @property
    def body_max_bytes(self) -> int:
        """How much of a body is read."""
        return jobs_conf().payload_max_bytes * _BODY_PER_PAYLOAD + _BODY_ENVELOPE_BYTES

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body; raises `RequestDataTooBig`, `ParseError` or `UnstorableText`."""
        body = _read(stream, _length(parser_context), self.body_max_bytes)
        value = _loads(body)
        if _looks_deep(body):
            _refuse_depth(value)
        if _SUSPICIOUS_ESCAPE.search(body):
            return self.without_unstorable_text(value)
        return value

    def without_unstorable_text(self, value: Any) -> Any:
        """The value itself; raises `UnstorableText`."""
        _refuse_unstorable_text(value)
        return value


class BulkJSONParser(StorableJSONParser):
    """The same for the body of `/addJobs`: an item with unstorable text is no fault of the others.

    Such an item is replaced by the `UnstorableText` that says what is wrong with it.
    """

    @property
    def body_max_bytes(self) -> int:
        """How much of a body is read: at least what the largest single job needs."""
        return max(_BULK_BODY_BYTES, super().body_max_bytes)

    def without_unstorable_text(self, value: Any) -> Any:
        """The value with the items replaced; raises `UnstorableText` for text beside them."""
        items = value.get("jobs") if isinstance(value, dict) else None
        if not isinstance(items, list):
            return super().without_unstorable_text(value)
        _refuse_unstorable_text({**value, "jobs": None})
        return {**value, "jobs": [_storable_or_why_not(item) for item in items]}


def _length(parser_context: Mapping[str, Any] | None) -> int:
    request = (parser_context or {}).get("request")
    return int(request.META.get("CONTENT_LENGTH") or 0) if request is not None else 0


def _read(stream: IO[Any], length: int, limit: int) -> bytes:
    if length > limit:
        raise RequestDataTooBig(f"The body has {length} bytes; at most {limit} are read.")
    body: bytes = stream.read(length or limit)
    return body


def _loads(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_refuse_number, parse_float=_finite)
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise ParseError(f"The body is not JSON: {error}.") from None
    except ValueError:
        # Python's limit on the digits of an integer; its own message is about its settings.
        raise ParseError("A number in the body has too many digits.") from None
    except RecursionError:
        _refuse_as_deep()


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _refuse_number(text[:40])
    return number


def _refuse_number(text: str) -> NoReturn:
    raise ParseError(f"The number {text} cannot be stored.")


def _refuse_as_deep() -> NoReturn:
    raise ParseError(f"The JSON is nested more than {DEPTH_MAX} levels deep.")


def _looks_deep(body: bytes) -> bool:
    """False is certain; counting brackets is far cheaper than walking the value."""
    return body.count(b"[") + body.count(b"{") > DEPTH_MAX


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            return
    if any(isinstance(one, dict | list) for one in level):
        _refuse_as_deep()


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse_unstorable_text(value: Any) -> None:
    for path, text in _texts(value):
        if problem := _text_problem(text):
            raise UnstorableText(_nested(path, [problem]))


def _storable_or_why_not(item: Any) -> Any:
    try:
        _refuse_unstorable_text(item)
    except UnstorableText as error:
        return error
    return item


def _text_problem(text: str) -> ErrorDetail | None:
    if "\0" in text:
        return ErrorDetail("Text must not contain the character U+0000.", code="null_character")
    try:
        text.encode()
    except UnicodeEncodeError:
        return ErrorDetail("Text must not contain half a surrogate pair.", code="lone_surrogate")
    return None


def _texts(value: Any) -> Iterator[tuple[Path, str]]:
    """Every text of the value, names of members too, with the path to it."""
    todo: list[tuple[Path, Any]] = [((), value)]
    while todo:
        path, one = todo.pop()
        if isinstance(one, str):
            yield path, one
        elif isinstance(one, list):
            todo.extend(((*path, str(index)), inner) for index, inner in enumerate(one))
        elif isinstance(one, dict):
            for name, inner in one.items():
                yield path, name
                todo.append(((*path, name), inner))


def _nested(path: Path, errors: Any) -> Any:
    for name in reversed(path):
        errors = {name: errors}
    return errors
