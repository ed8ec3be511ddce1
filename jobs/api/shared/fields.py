"""Fields that are stricter than DRF's own.

Those with `accepts_unchanged` recognise a value that they would return as it came, which spares
`StrictSerializer.validated` the way through DRF.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers

from jobs.services.enqueue.strict_payload import ID, SWITCH, TEXT, WHOLE_NUMBER, refuse

# As many as a 64-bit number has at most.
_DIGITS = re.compile(r"0|-?[1-9][0-9]{0,18}")

# Characters of an unknown name that an error quotes.
_NAME_SHOWN = 100


class TextField(serializers.CharField):
    """A text of 1 to `max_length` characters, spaces at its ends included; no number."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, trim_whitespace=False, **kwargs)
        self._longest = max_length

    def to_internal_value(self, data: Any) -> str:
        """The text itself."""
        if not TEXT.accepts(data):
            refuse(TEXT)
        return super().to_internal_value(data)

    def accepts_unchanged(self, value: Any) -> bool:
        """True only if the text is valid. The parser has refused what PostgreSQL cannot store."""
        return type(value) is str and 0 < len(value) <= self._longest


class WholeNumberField(serializers.IntegerField):
    """A whole number from `min_value` to `max_value`; no text, no `5.0` and no boolean."""

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)
        self._least, self._most = min_value, max_value

    def to_internal_value(self, data: Any) -> int:
        """The number itself."""
        if not WHOLE_NUMBER.accepts(data):
            refuse(WHOLE_NUMBER)
        return super().to_internal_value(data)

    def accepts_unchanged(self, value: Any) -> bool:
        """True only if the number is valid."""
        return type(value) is int and self._least <= value <= self._most


class SwitchField(serializers.BooleanField):
    """`true` or `false` in a body; no text and no number."""

    def to_internal_value(self, data: Any) -> bool:
        """The value itself."""
        if not SWITCH.accepts(data):
            refuse(SWITCH)
        return bool(data)


class IdField(serializers.UUIDField):
    """The id of a row, a UUID as a text; DRF takes a whole number for one too."""

    def to_internal_value(self, data: Any) -> UUID:
        """The id."""
        if not ID.accepts(data):
            refuse(ID)
        return super().to_internal_value(data)


class QueryNumberField(serializers.IntegerField):
    """A whole number in a query, where everything is a text: digits, with no 0 before them."""

    def to_internal_value(self, data: Any) -> int:
        """The number."""
        if _DIGITS.fullmatch(data) is None:
            self.fail("invalid")
        return super().to_internal_value(data)


class QuerySwitchField(serializers.Field[bool, str, bool, Any]):
    """`true` or `false` in a query."""

    default_error_messages = {"invalid": "Give true or false."}
    json_schema = {"type": "boolean"}

    def to_internal_value(self, data: str) -> bool:
        """True or False."""
        if data not in ("true", "false"):
            self.fail("invalid")
        return data == "true"


class NamesField(serializers.Field[list[str], str, Any, Any]):
    """Names in a query, with commas between them; each is one of `names(the serializer)`."""

    default_error_messages = {
        "unknown": "{name} is unknown; known are: {known}.",
        "repeated": "{name} is given twice.",
    }

    def __init__(self, names: Callable[[Any], Sequence[str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._names = names

    @property
    def json_schema(self) -> dict[str, Any]:
        """A list, which a query has with commas between."""
        items = {"type": "string", "enum": list(self._names(self.parent))}
        return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}

    def to_internal_value(self, data: str) -> list[str]:
        """The names, in the order in which they are given."""
        known, given = self._names(self.parent), data.split(",")
        for name in given:
            if name not in known:
                self.fail("unknown", name=repr(name[:_NAME_SHOWN]), known=", ".join(known))
            if given.count(name) > 1:
                self.fail("repeated", name=repr(name))
        return given


class SecondsField(serializers.FloatField):
    """A JSON number of seconds from `min_value` to `max_value`; no text and no boolean."""

    def __init__(self, *, min_value: float, max_value: float, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)
        self._least, self._most = min_value, max_value

    def to_internal_value(self, data: Any) -> float:
        """The number as a float."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)

    def accepts_unchanged(self, value: Any) -> bool:
        """True only if the number is valid; a whole one need not become a float."""
        return type(value) in (int, float) and self._least <= value <= self._most


class JSONObjectField(serializers.Field[dict[str, Any], Any, Any, Any]):
    """A JSON object, handed on as it is: the job type validates what is in it."""

    default_error_messages = {"not_an_object": "Give a JSON object."}
    json_schema = {"type": "object"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The object itself."""
        if not isinstance(data, dict):
            self.fail("not_an_object")
        return data

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        """The object itself."""
        return value

    def accepts_unchanged(self, value: Any) -> bool:
        """True only if it is an object."""
        return type(value) is dict


class MomentField(serializers.DateTimeField):
    """A time after RFC 3339, which names its time zone: guessing one runs jobs hours early or late.

    Seconds may be left out, and T may be a space.
    """

    default_error_messages = {
        "no_time_zone": "Name the time zone, as in 2030-01-31T09:00:00Z or …T09:00:00+01:00."
    }

    def to_internal_value(self, value: Any) -> datetime:
        """The moment. What DRF does not look for: digits of other scripts, a break of the line at
        the end (both wrong), and the small letters that RFC 3339 allows.
        """
        if isinstance(value, str):
            is_plain = value.isascii() and value.isprintable()
            value = value.upper() if is_plain else ""  # which DRF refuses in its words
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> datetime:
        """The same moment in the project's time zone; naive times are refused."""
        if timezone.is_naive(value):
            self.fail("no_time_zone")
        return super().enforce_timezone(value)
