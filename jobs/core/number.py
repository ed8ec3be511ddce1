"""What counts as a number where people write one: in settings, and in job types."""

from math import isfinite
from typing import Any


def is_number(value: object, *types: type) -> bool:
    """Whether it is a finite number of one of these types; True and False are none.

    Infinity and NaN are refused because they pass comparisons that a limit relies on, and whole
    numbers that no float can hold because computing with them fails.
    """
    if isinstance(value, bool) or not isinstance(value, types):
        return False
    number: Any = value  # for mypy, which takes what is left for an object
    try:
        return isfinite(number)
    except OverflowError:
        return False
