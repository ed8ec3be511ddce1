"""The nested detail of DRF's `ValidationError` as a flat list of errors with JSON Pointers.

An answer must not grow with the mistakes in a body: it names the first errors and counts them all,
and what it quotes of the body is cut.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, TypedDict

from jobs.core.errors import ERRORS_MAX

NO_FIELD = "non_field_errors"

# Characters. A name in a pointer, a whole pointer, and a sentence, which may quote a value.
NAME_MAX = 100
POINTER_MAX = 300
DETAIL_MAX = 500


class PointedError(TypedDict):
    """What is wrong with one place of a body: a JSON Pointer, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


class PointedErrors(NamedTuple):
    """The first `ERRORS_MAX` errors, and how many there are."""

    errors: list[PointedError]
    total: int


def pointed_errors(detail: Any, pointer: str = "") -> PointedErrors:
    """The errors with their places (RFC 6901), below `pointer`."""
    found = _pointed(detail, pointer)
    errors = list(islice(found, ERRORS_MAX))
    return PointedErrors(errors, len(errors) + sum(1 for _ in found))


def summary(pointed: PointedErrors) -> str:
    """One sentence about the first error, and how many more there are."""
    if not pointed.errors:
        return "The request is invalid."
    first = pointed.errors[0]
    where = f"{first['pointer']}: " if first["pointer"] else ""
    more = f" (and {pointed.total - 1} more, see errors)" if pointed.total > 1 else ""
    return f"{where}{first['detail']}{more}"


def cut(text: str, length: int) -> str:
    """The text, or its first `length` characters and an ellipsis."""
    return text if len(text) <= length else f"{text[:length]}…"


def _pointed(detail: Any, pointer: str) -> Iterator[PointedError]:
    if isinstance(detail, dict):
        for key, inner in detail.items():
            own = "" if key == NO_FIELD else f"/{_escaped(cut(str(key), NAME_MAX))}"
            yield from _pointed(inner, pointer + own)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # A list of texts is about the value itself; a list of objects is about its items.
            own = f"/{index}" if isinstance(inner, dict | list) else ""
            yield from _pointed(inner, pointer + own)
    else:
        yield {
            "pointer": cut(pointer, POINTER_MAX),
            "code": str(getattr(detail, "code", "invalid")),
            "detail": cut(str(detail), DETAIL_MAX),
        }


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
