"""What is kept of a handler's return value."""

from datetime import UTC, date, datetime
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


class Unprintable(ValueError):
    """An error that cannot be told."""

    def __str__(self) -> str:
        raise SystemExit


class Day(date):
    """A value whose own code fails."""

    error: BaseException | type[BaseException] = SystemExit

    def isoformat(self) -> str:
        raise self.error


@pytest.mark.parametrize("error", [Unprintable, SystemExit("no"), KeyError("\ud800")])
def test_a_value_whose_own_code_fails_is_left_out_and_the_success_stays(
    error: BaseException | type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The effect has happened: an exception from here would have it repeated."""
    monkeypatch.setattr(Day, "error", error)
    result = result_of([Day(2026, 1, 2)], 1_000)
    assert result is not None
    assert result.json is None
    assert result.problem.startswith("not kept, because it cannot be read: ")


def test_what_is_too_large_is_left_out_and_said() -> None:
    assert result_of("é" * 4, 10) == Result('"éééé"')
    assert result_of("é" * 5, 10) == Result(None, "not kept, because it has 12 bytes of at most 10")
