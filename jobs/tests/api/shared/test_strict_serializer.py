"""`StrictSerializer.validated`: the short way is taken only where DRF would say the same."""

from typing import Any

import pytest
from rest_framework import serializers

from jobs.api.shared.fields import TextField, WholeNumberField
from jobs.api.shared.strict_serializer import StrictSerializer


class Order(StrictSerializer):
    name = TextField(max_length=5, source="title")
    copies = WholeNumberField(min_value=1, max_value=9, default=1)
    colour = TextField(max_length=5, required=False, allow_null=True)
    even = WholeNumberField(min_value=0, max_value=9, required=False)

    def validate_even(self, even: int) -> int:
        if even % 2:
            raise serializers.ValidationError("Give an even number.")
        return even

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["title"] == attrs.get("colour"):
            raise serializers.ValidationError({"colour": ["Give another colour."]})
        return attrs


FULL = {"name": "a", "copies": 2, "colour": None}


def test_what_every_field_accepts_goes_the_short_way() -> None:
    assert Order().unchanged(FULL) == {"title": "a", "copies": 2, "colour": None}


@pytest.mark.parametrize(
    "data",
    [
        {"name": "a"},  # the number of copies has a default
        FULL | {"even": 2},  # which has a rule of its own
        FULL | {"name": None},
        FULL | {"copies": "2"},
        FULL | {"unknown": 1},
        {"copies": 1},
        [],
    ],
)
def test_everything_else_is_left_to_drf(data: Any) -> None:
    assert Order().unchanged(data) is None


def test_defaults_and_conversions_are_drfs() -> None:
    assert Order().validated({"name": "a"}) == {"title": "a", "copies": 1}
    assert Order().validated(FULL | {"even": 2})["even"] == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"even": 1}, "even"),
        ({"colour": "a"}, "colour"),  # which the short way has to ask about, too
        ({"name": "too long"}, "name"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_errors_name_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(serializers.ValidationError) as refusal:
        Order().validated(FULL | change)

    assert isinstance(refusal.value.detail, dict)
    assert list(refusal.value.detail) == [field]
