"""Payloads are taken as they are written: no unknown member, and no value in another's spelling.

DRF's fields also serve HTML forms, where everything is a text. They take `"5"`, `5.0` and `true`
for the number 5, and 5 for a text; and a serializer drops what it does not know. In JSON each of
these is a mistake of the caller, which would otherwise be found when the wrong thing has happened.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from jobs.core.errors import ERRORS_MAX

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")

Take = Callable[[Any], Any]


class Spelling(NamedTuple):
    """Which JSON values a field takes, and the sentence for all others."""

    accepts: Callable[[Any], bool]
    sentence: str


def is_whole_number(value: Any) -> bool:
    """An integer; Python takes true for 1."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """A number that is no boolean."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


WHOLE_NUMBER = Spelling(is_whole_number, "Give a whole number: no text, no fraction, no boolean.")
SWITCH = Spelling(lambda value: isinstance(value, bool), "Give true or false.")
TEXT = Spelling(lambda value: isinstance(value, str), "Give a text.")
ID = Spelling(lambda value: isinstance(value, str | UUID), "Give a UUID as a text.")

_SPELLINGS: dict[type[serializers.Field[Any, Any, Any, Any]], Spelling] = {
    serializers.BooleanField: SWITCH,
    serializers.IntegerField: WHOLE_NUMBER,
    serializers.FloatField: Spelling(is_number, "Give a number: no text, no boolean."),
    # A text is how JSON carries a decimal fraction without rounding it.
    serializers.DecimalField: Spelling(
        lambda value: (
            is_number(value) or (isinstance(value, str) and _DECIMAL.fullmatch(value) is not None)
        ),
        'Give a decimal number, such as 9.90 or "9.90".',
    ),
    serializers.CharField: TEXT,
    serializers.UUIDField: ID,
}


def make_strict(serializer: serializers.BaseSerializer[Any]) -> None:
    """Changes the fields of this instance, however deep.

    A class that has a `to_internal_value` of its own decides by itself what it takes.
    """
    for field in _fields(serializer):
        if _takes_as(field, serializers.Serializer):
            field.to_internal_value = _without_unknown(field)
        elif _takes_as(field, serializers.ChoiceField):
            field.to_internal_value = _of_the_same_kind(field)
        elif spelling := _spelling_of(field):
            field.to_internal_value = _spelled(field.to_internal_value, spelling)


def unknown_members(data: Iterable[str], known: Iterable[str]) -> dict[str, list[ErrorDetail]]:
    """An error for each of the first members that are not known."""
    unknown = list(islice((name for name in data if name not in known), ERRORS_MAX))
    if not unknown:
        return {}
    detail = ErrorDetail(f"Unknown; known are: {', '.join(known) or 'none'}.", code="unknown_field")
    return {name: [detail] for name in unknown}


def refuse(spelling: Spelling) -> NoReturn:
    """Raises the ValidationError about a value in another spelling."""
    raise ValidationError([ErrorDetail(spelling.sentence, code="invalid")])


def _fields(field: Any) -> Iterator[Any]:
    yield field
    if isinstance(field, serializers.Serializer):
        for inner in field.fields.values():
            yield from _fields(inner)
    elif isinstance(child := getattr(field, "child", None), serializers.Field):
        yield from _fields(child)


def _spelling_of(field: Any) -> Spelling | None:
    for base, spelling in _SPELLINGS.items():
        if _takes_as(field, base):
            return spelling
    return None


def _takes_as(field: Any, base: Any) -> bool:
    """Whether the field is one of these, with what the base makes of its value."""
    return isinstance(field, base) and type(field).to_internal_value is base.to_internal_value


def _spelled(take: Take, spelling: Spelling) -> Take:
    def check_and_take(data: Any) -> Any:
        if not spelling.accepts(data):
            refuse(spelling)
        return take(data)

    return check_and_take


def _of_the_same_kind(field: serializers.ChoiceField) -> Take:
    """DRF compares choices as texts: the text "1" is the choice 1 to it."""
    take = field.to_internal_value

    def take_and_compare(data: Any) -> Any:
        chosen = take(data)
        if _kind(chosen) is not _kind(data):
            field.fail("invalid_choice", input=data)
        return chosen

    return take_and_compare


def _kind(value: Any) -> type:
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind
    return type(value)


def _without_unknown(serializer: serializers.Serializer[Any]) -> Take:
    """Errors of unknown members and of known ones are reported together."""
    take = serializer.to_internal_value
    known = [
        name
        for name, field in serializer.fields.items()
        if not (field.read_only or isinstance(field, serializers.HiddenField))
    ]
    known_set = frozenset(known)

    def check_and_take(data: Any) -> Any:
        if not isinstance(data, dict) or data.keys() <= known_set:
            return take(data)
        errors = unknown_members(data, known)
        try:
            take(data)
        except ValidationError as error:
            if isinstance(error.detail, dict):
                errors |= error.detail  # type: ignore[arg-type]
        raise ValidationError(errors)

    return check_and_take
