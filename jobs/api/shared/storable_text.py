"""Text that PostgreSQL can store: `jsonb` holds neither U+0000 nor half a surrogate pair."""

import re
from collections.abc import Iterator
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

_SUSPICIOUS_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")

Path = tuple["Path", str] | None
"""The path to what surrounds a value, and the name of the value in it. A tuple of all names for
each value would cost as much again for every level of nesting."""


class UnstorableText(ValidationError):
    """400: some text in the body cannot be stored."""

    default_code = "unstorable_text"


def may_hold_unstorable_text(body: bytes) -> bool:
    """Whether a JSON body is worth a walk through its value; False is certain."""
    return _SUSPICIOUS_ESCAPE.search(body) is not None


def refuse_unstorable_text(value: Any) -> None:
    """Raises `UnstorableText`, with the path to the first such text in the value."""
    for path, text in _texts(value):
        if problem := _text_problem(text):
            raise UnstorableText(_nested(path, [problem]))


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
    todo: list[tuple[Path, Any]] = [(None, value)]
    while todo:
        path, one = todo.pop()
        if isinstance(one, str):
            yield path, one
        elif isinstance(one, list):
            todo.extend(((path, str(index)), inner) for index, inner in enumerate(one))
        elif isinstance(one, dict):
            for name, inner in one.items():
                yield path, name
                todo.append(((path, name), inner))


def _nested(path: Path, errors: Any) -> Any:
    while path is not None:
        path, name = path
        errors = {name: errors}
    return errors
