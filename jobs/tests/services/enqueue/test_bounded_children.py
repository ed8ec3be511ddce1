"""A payload's lists are measured before their items, and looked at until enough are wrong."""

from typing import Any, cast

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from jobs.core.errors import ERRORS_MAX
from jobs.services.enqueue.bounded_children import BoundedChildren


class CountingField(serializers.IntegerField):
    """Counts how often it is asked."""

    asked = 0

    def to_internal_value(self, data: Any) -> int:
        CountingField.asked += 1
        return super().to_internal_value(data)


class Item(serializers.Serializer[Any]):
    number = CountingField()


class Everything(serializers.Serializer[Any]):
    several = serializers.ListField(child=CountingField(), required=False)
    few = serializers.ListField(child=CountingField(), max_length=3, required=False)
    named = serializers.DictField(child=CountingField(), required=False)
    items = Item(many=True, required=False)
    few_items: Any = serializers.ListSerializer(child=Item(), required=False, max_length=3)
    nested = serializers.ListField(
        child=serializers.ListField(child=CountingField(), max_length=3), required=False
    )


@pytest.fixture
def serializer() -> Everything:
    CountingField.asked = 0
    made = Everything()
    BoundedChildren(made)
    return made


@pytest.mark.parametrize(
    ("payload", "asked_at_most"),
    [
        ({"several": ["x"] * 9_000}, ERRORS_MAX),
        ({"few": ["x"] * 9_000}, 0),
        ({"few": [1] * 9_000}, 0),
        ({"named": {str(number): "x" for number in range(9_000)}}, ERRORS_MAX),
        ({"items": [{"number": "x"}] * 9_000}, ERRORS_MAX),
        ({"items": [0] * 9_000}, 0),
        ({"few_items": [{"number": 1}] * 9_000}, 0),
        ({"nested": [[1] * 9_000] * 90}, 0),
        ({"nested": [["x"] * 3] * 900}, ERRORS_MAX),
        ({"several": ["x"] * 9_000, "items": [{"number": "x"}] * 9_000}, ERRORS_MAX),
    ],
)
def test_what_is_refused_is_not_looked_at_in_full(
    serializer: Everything, payload: dict[str, Any], asked_at_most: int
) -> None:
    with pytest.raises(ValidationError) as refused:
        serializer.run_validation(payload)

    assert CountingField.asked <= asked_at_most
    assert len(str(refused.value.detail)) < 5_000


def test_what_is_accepted_is_looked_at_in_full(serializer: Everything) -> None:
    payload = {"several": [1] * 50, "few": [1, 2, 3], "named": {"a": 1}, "items": [{"number": 2}]}

    assert serializer.run_validation(payload) == payload
    assert CountingField.asked == 55


def test_mistakes_of_one_payload_do_not_count_for_the_next() -> None:
    made = Everything()
    children = BoundedChildren(made)
    for _ in range(2):
        children.begin()
        with pytest.raises(ValidationError) as refused:
            made.run_validation({"several": ["x"] * 9_000})
        assert isinstance(refused.value.detail, dict)
        assert len(refused.value.detail["several"]) == ERRORS_MAX

    children.begin()
    assert made.run_validation({"several": [1]}) == {"several": [1]}


def test_the_sentence_about_the_length_is_the_fields_own(serializer: Everything) -> None:
    with pytest.raises(ValidationError) as refused:
        serializer.run_validation({"few": [1] * 4})

    assert isinstance(refused.value.detail, dict)
    [error] = cast(list[ErrorDetail], refused.value.detail["few"])
    assert error.code == "max_length"
    assert "3 elements" in error
