"""A payload is taken as it is written, or refused."""

from typing import Any, cast

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from jobs.core.errors import ERRORS_MAX
from jobs.services.enqueue.strict_payload import make_strict


class Inner(serializers.Serializer[Any]):
    number = serializers.IntegerField()


class Generous(serializers.IntegerField):
    """Takes the text of a number on purpose."""

    def to_internal_value(self, data: Any) -> int:
        return super().to_internal_value(data)


class Open(serializers.Serializer[Any]):
    """Takes any member on purpose."""

    def to_internal_value(self, data: Any) -> Any:
        return data


class Everything(serializers.Serializer[Any]):
    whole = serializers.IntegerField(allow_null=True)
    number = serializers.FloatField()
    decimal = serializers.DecimalField(max_digits=9, decimal_places=2)
    yes = serializers.BooleanField()
    text = serializers.CharField()
    address = serializers.EmailField()
    unique = serializers.UUIDField()
    choice = serializers.ChoiceField(choices=["1", "two"])
    level = serializers.ChoiceField(choices=[(1, "one"), (2, "two")])
    wholes = serializers.ListField(child=serializers.IntegerField())
    named = serializers.DictField(child=serializers.IntegerField())
    inner = Inner()
    inners = Inner(many=True)
    generous = Generous()
    free = Open()
    hidden = serializers.HiddenField(default=1)
    shown = serializers.IntegerField(read_only=True)


UUID_TEXT = "01a20aec-3aea-7c47-8536-76919ca75d4c"
RIGHT: dict[str, list[Any]] = {
    "whole": [5, 0, -3, None],
    "number": [5, 0.5, -1e300],
    "decimal": [5, 9.5, "9.90", "-1"],
    "yes": [True, False],
    "text": ["a", "5"],
    "address": ["ann@example.com"],
    "unique": [UUID_TEXT],
    "choice": ["1", "two"],
    "level": [1, 2],
    "wholes": [[], [1, 2]],
    "named": [{}, {"a": 1}],
    "inner": [{"number": 1}],
    "inners": [[], [{"number": 1}]],
    "generous": [5, "5"],
    "free": [{"anything": 1}],
}
WRONG: dict[str, list[Any]] = {
    "whole": ["5", " 5", "5.0", 5.0, 0.5, True, False, "", "\u0665", [5], {}],
    "number": ["5", "0.5", "nan", "inf", True, "", [0.5]],
    "decimal": [True, " 9.90", "1e2", "1_000", "\u0669", "NaN", ".5", "+1", ""],
    "yes": ["true", "false", "yes", "on", 1, 0, 1.0, "", None],
    "text": [5, 5.0, True, [], {}],
    "address": [5, True],
    "unique": [5, True, "5"],
    "choice": [1, True, 1.0],
    "level": ["1", True, 1.0, "one"],
    "wholes": [["1"], [True], [1.0], "1", 1],
    "named": [{"a": "1"}, []],
    "inner": [{"number": "1"}, {"number": 1, "more": 1}, {"number": True}, []],
    "inners": [[{"number": "1"}], [{"number": 1, "more": 1}], {}],
    "generous": [True, "five"],
}
BASE = {name: values[0] for name, values in RIGHT.items()}


@pytest.fixture(scope="module")
def strict() -> Everything:
    made = Everything()
    make_strict(made)
    return made


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in RIGHT.items() for value in values]
)
def test_its_own_spelling(strict: Everything, name: str, value: Any) -> None:
    strict.run_validation(BASE | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name, values in WRONG.items()
        for value in values
        if (name, value) != ("generous", True)
    ],
)
def test_any_other_spelling(strict: Everything, name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        strict.run_validation(BASE | {name: value})

    assert list(cast(dict[str, Any], refused.value.detail)) == [name]


@pytest.mark.parametrize("name", ["unheard", "shown", "hidden", "Whole", "whole "])
def test_a_member_that_is_not_known(strict: Everything, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        strict.run_validation(BASE | {name: 1, "whole": "x"})

    detail = cast(dict[str, list[ErrorDetail]], refused.value.detail)
    assert set(detail) == {name, "whole"}
    assert detail[name][0].code == "unknown_field"
    assert "known are: whole, number" in detail[name][0]
    assert "shown" not in detail[name][0]


def test_of_many_unknown_members_the_first_are_named(strict: Everything) -> None:
    with pytest.raises(ValidationError) as refused:
        strict.run_validation(BASE | dict.fromkeys(map(str, range(9_000))))

    assert len(cast(dict[str, Any], refused.value.detail)) == ERRORS_MAX
