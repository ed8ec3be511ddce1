"""Flat or growing: what a series of measurements says."""

import pytest

from tools.chaos.memory import grows

FLAT = [70.0] * 20 + [80.0] * 100
LEAKING = [70.0 + 0.2 * number for number in range(120)]


@pytest.mark.parametrize(
    ("series", "expected"),
    [(FLAT, False), (LEAKING, True), (LEAKING[:30], False), ([], False)],
    ids=["caches that fill are no leak", "a leak", "too short to judge", "nothing measured"],
)
def test_growth_is_told_from_filling_up(series: list[float], expected: bool) -> None:
    assert grows(series) is expected
