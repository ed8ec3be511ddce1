"""The nested detail of DRF's `ValidationError` as a flat list of errors with JSON Pointers."""

from collections.abc import Iterator
from typing import Any, TypedDict

NO_FIELD = "non_field_errors"


class PointedError(TypedDict):
    """What is wrong with one place of a body: a JSON Pointer, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


def pointed_errors(detail: Any, pointer: str = "") -> list[PointedError]:
    """The errors with their places (RFC 6901), below `pointer`."""
    return list(_pointed(detail, pointer))


def summary(errors: list[PointedError]) -> str:
    """One sentence about the first error, and how many more there are."""
    if not errors:
        return "The request is invalid."
    first = errors[0]
    where = f"{first['pointer']}: " if first["pointer"] else ""
    more = f" (and {len(errors) - 1} more, see errors)" if len(errors) > 1 else ""
    return f"{where}{first['detail']}{more}"


def _pointed(detail: Any, pointer: str) -> Iterator[PointedError]:
    if isinstance(detail, dict):
        for key, inner in detail.items():
            own = "" if key == NO_FIELD else f"/{_escaped(str(key))}"
            yield from _pointed(inner, pointer + own)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # A list of texts is about the value itself; a list of objects is about its items.
            own = f"/{index}" if isinstance(inner, dict | list) else ""
            yield from _pointed(inner, pointer + own)
    else:
        yield {
            "pointer": pointer,
            "code": str(getattr(detail, "code", "invalid")),
            "detail": str(detail),
        }


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
