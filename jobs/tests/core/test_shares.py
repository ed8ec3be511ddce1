"""Numbers divided by weights: each part gets its share, whatever the numbers are."""

import random

import pytest

from jobs.core.shares import Shares

WEIGHTS = {"critical": 6, "default": 3, "bulk": 1}


@pytest.mark.parametrize("number", [1, 2, 3, 7, 10, 199, 1_000])
def test_over_time_each_part_gets_its_share(number: int) -> None:
    shares = Shares(WEIGHTS)
    sums = dict.fromkeys(WEIGHTS, 0)
    rounds = -(-10_000 // number)
    for _ in range(rounds):
        divided = shares.divide(number, WEIGHTS.keys())
        assert sum(divided.values()) == number
        for part, whole in divided.items():
            sums[part] += whole
    total = rounds * number
    for part, weight in WEIGHTS.items():
        assert abs(sums[part] - total * weight / 10) <= 2


def test_ones_are_mixed_evenly() -> None:
    shares = Shares(WEIGHTS)
    order = [
        max(d, key=lambda k: d[k]) for d in (shares.divide(1, WEIGHTS.keys()) for _ in range(20))
    ]
    assert order.count("bulk") == 2
    runs = "".join(one[0] for one in order).replace("d", " ").replace("b", " ").split()
    assert max(map(len, runs)) <= 3


def test_numbers_of_any_size_add_up() -> None:
    shares = Shares({"a": 1, "b": 999, "c": 7})
    rng = random.Random(7)
    sums = dict.fromkeys("abc", 0)
    for _ in range(3_000):
        for part, whole in shares.divide(rng.randint(0, 50), "abc").items():
            assert whole >= 0
            sums[part] += whole
    total = sum(sums.values())
    assert abs(sums["a"] - total / 1007) <= 2


def test_what_is_forfeited_is_not_made_up_for() -> None:
    shares = Shares({"a": 1, "b": 1})
    for _ in range(9):
        shares.divide(1, "ab")
        shares.forfeit("a")
    assert sum(shares.divide(1, "ab")["a"] for _ in range(10)) in (5, 6)


def test_parts_that_are_left_out_get_nothing_and_are_owed_nothing() -> None:
    shares = Shares(WEIGHTS)
    assert shares.divide(9, ["default", "critical"]) == {"default": 3, "critical": 6}
