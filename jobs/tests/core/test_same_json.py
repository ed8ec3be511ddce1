"""Whether two JSON values are the same, as far as jsonb lets one tell."""

from typing import Any

import pytest

from jobs.core.same_json import differing_fields, is_same


@pytest.mark.parametrize(
    ("a", "b"),
    [(1, 1.0), (10**300, 1e300), ({"a": [1, None]}, {"a": [1.0, None]}), (-0.0, 0), ("a", "a")],
)
def test_the_same(a: Any, b: Any) -> None:
    assert is_same(a, b)
    assert is_same(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [(1, True), (0, False), (0, None), ("1", 1), ([1], [1, 2]), ({"a": 1}, {"b": 1}),
     (10**400, 1.0), (2**53 + 1, 2**53), ([], {}), ("a", "A")],
)  # fmt: skip
def test_not_the_same(a: Any, b: Any) -> None:
    assert not is_same(a, b)
    assert not is_same(b, a)


def test_the_members_that_differ_are_named() -> None:
    before = {"a": None, "b": 1, "c": {"d": 1}, "e": 1}
    assert differing_fields(before, before) == []
    assert differing_fields(before, {"b": 2, "c": {"d": 2}, "e": 1.0}) == ["a", "b", "c"]
