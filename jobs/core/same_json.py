"""Whether two JSON values are the same, after PostgreSQL has kept one of them as jsonb."""

from typing import Any


def differing_fields(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The names of the members that are not the same in both, sorted."""
    names = before.keys() | now.keys()
    return sorted(name for name in names if not _is_same_member(before, now, name))


def is_same(a: Any, b: Any) -> bool:
    """Whether both are the same value. Python takes True for 1; JSON does not.

    jsonb writes 1e300 as an integer with all its digits, so numbers are compared as floats if one
    of them is a float.
    """
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(is_same(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(is_same, a, b))
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, float) != isinstance(b, float) and _are_numbers(a, b):
        return _is_same_number(a, b)
    return bool(a == b)


def _is_same_member(before: dict[str, Any], now: dict[str, Any], name: str) -> bool:
    return name in before and name in now and is_same(before[name], now[name])


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _is_same_number(a: float, b: float) -> bool:
    try:
        return float(a) == float(b)
    except OverflowError:  # an integer with more digits than a float can have
        return False
