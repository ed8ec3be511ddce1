"""JSON that is read strictly: UTF-8, finite numbers, and not nested deeper than `DEPTH_MAX`.

Without this, each would be an error of the server: `jsonb` holds no infinite number, and deep
nesting exhausts the stack.
"""

import json
import math
from typing import Any, NoReturn

from rest_framework.exceptions import ParseError

DEPTH_MAX = 100


def parsed_json(body: bytes) -> Any:
    """The value of a body; raises `ParseError`."""
    value = _loads(body)
    if _may_be_deep(body):
        _refuse_depth(value)
    return value


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
