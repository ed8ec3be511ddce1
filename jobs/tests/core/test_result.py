"""What is kept of a handler's return value."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from jobs.core.result import PROBLEM_MAX, Result, result_of

NESTED: list[Any] = []
for _ in range(100_000):
    NESTED = [NESTED]

LOOP: list[Any] = []
LOOP.append(LOOP)


def test_none_is_no_result() -> None:
    assert result_of(None, 100) is None


@pytest.mark.parametrize(
    ("returned", "json"),
    [
        ({"a": [1, 2.5, None, True]}, '{"a":[1,2.5,null,true]}'),
        (False, "false"),
        ("é", '"é"'),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), '"2026-01-02T03:04:05+00:00"'),
        (Decimal("1.50"), '"1.50"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    ],
)
def test_json_is_kept(returned: object, json: str) -> None:
    assert result_of(returned, 100) == Result(json)


@pytest.mark.parametrize(
    "returned",
    [object(), {1, 2}, float("nan"), "\x00", {"a": "\ud800"}, {(1, 2): 3}, NESTED, LOOP, b"x"],
    ids=["object", "set", "nan", "nul", "surrogate", "key", "nested", "loop", "bytes"],
)
def test_what_is_no_json_is_left_out_and_said(returned: object) -> None:
    result = result_of(returned, 1_000_000)
    assert result is not None
    assert result.json is None
    assert result.problem.startswith("not kept, because it is not JSON: ")
    assert len(result.problem) <= PROBLEM_MAX


def test_what_is_too_large_is_left_out_and_said() -> None:
    assert result_of("é" * 4, 10) == Result('"éééé"')
    assert result_of("é" * 5, 10) == Result(None, "not kept, because it has 12 bytes of at most 10")
