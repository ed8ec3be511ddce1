"""JSON that is read strictly: UTF-8, finite numbers, no member twice, bounded depth and values.

Without this, each would be an error of the server: `jsonb` holds no infinite number, deep nesting
exhausts the stack, and millions of tiny values keep the process busy for seconds. Of a member that
is given twice, one value would be dropped without a word.
"""

import json
import math
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from rest_framework.exceptions import ParseError

from jobs.api.shared.pointers import NAME_MAX, cut

DEPTH_MAX = 100

_TOO_DEEP = f"The JSON is nested more than {DEPTH_MAX} levels deep."
_TOO_MANY_DIGITS = "A number in the body has too many digits."


class TooManyValues(ParseError):
    """400: the body as a whole is too much; no value in it is wrong."""


def parsed_json(body: bytes, values_max: int) -> Any:
    """The value of a body with at most `values_max` values in it.

    Raises `ParseError`, and `TooManyValues`, which is one.
    """
    _refuse_many_values(body, values_max)
    value = _loads(
        body, parse_constant=_refuse_number, parse_float=_finite, object_pairs_hook=_object
    )
    if _may_be_deep(body):
        _refuse_depth(value)
    return value


def json_with_faults(body: bytes) -> Any:
    """The value of a body that was refused; a `ParseError` stands for each wrong value in it.

    Raises `ParseError` where there is no value: the body is no JSON. `fault_in` finds the errors.
    """
    return _loads(
        body,
        parse_constant=_or_fault(_refuse_number),
        parse_float=_or_fault(_finite),
        parse_int=_or_fault(_whole),
        object_pairs_hook=_or_fault(_object),
    )


def fault_in(value: Any) -> ParseError | None:
    """Why a part of what `json_with_faults` returns is refused; None if it is not."""
    level = [value]
    for _ in range(DEPTH_MAX):
        if fault := next((one for one in level if isinstance(one, ParseError)), None):
            return fault
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            return None
    if any(isinstance(one, dict | list | ParseError) for one in level):
        return ParseError(_TOO_DEEP)
    return None


def _loads(body: bytes, **hooks: Any) -> Any:
    try:
        return json.loads(body.decode(), **hooks)
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise ParseError(f"The body is not JSON: {error}.") from None
    except ValueError:
        # Python's limit on the digits of an integer; its own message is about its settings.
        raise ParseError(_TOO_MANY_DIGITS) from None
    except RecursionError:
        _refuse_as_deep()


def _or_fault(take: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def take_or_return_fault(read: Any) -> Any:
        try:
            return take(read)
        except ParseError as fault:
            return fault

    return take_or_return_fault


def _refuse_many_values(body: bytes, values_max: int) -> None:
    """Counts before anything is parsed. A body of 8 MiB takes 40 ms at most."""
    if _values_at_most(body) <= values_max:
        return  # Certain, as what stands in texts was counted, too.
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    # Each value may be a text with a name that is one, too: four quotes.
    if unescaped.count(b'"') > 4 * values_max:
        _refuse_as_many(values_max)
    outside_texts = b"".join(unescaped.split(b'"')[::2])
    if _values_at_most(outside_texts) > values_max:
        _refuse_as_many(values_max)


def _values_at_most(body: bytes) -> int:
    """A value is the first of all, the first of a container, or follows a comma."""
    return 1 + sum(body.count(mark) for mark in (b",", b"[", b"{"))


def _refuse_as_many(values_max: int) -> NoReturn:
    raise TooManyValues(f"The JSON has more than {values_max} values; send it in several calls.")


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) != len(members):
        _refuse_twice(name for name, _ in members)
    return made


def _refuse_twice(names: Iterable[str]) -> NoReturn:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ParseError(f"The member {cut(name, NAME_MAX)!r} is given twice in one object.")
        seen.add(name)
    raise AssertionError("no member is given twice")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _refuse_number(text[:40])
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ParseError(_TOO_MANY_DIGITS) from None


def _refuse_number(text: str) -> NoReturn:
    raise ParseError(f"The number {text} cannot be stored.")


def _refuse_as_deep() -> NoReturn:
    raise ParseError(_TOO_DEEP)


def _may_be_deep(body: bytes) -> bool:
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
