"""Two versions in turns: what the pairs say, and one small run against the present commit."""

import json
import subprocess
import sys

import pytest

from tools.benchmark.against.spread import Spread, spread
from tools.benchmark.against.turns import Effort
from tools.checkout import CHECKOUT


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    assert spread([0.9, 1.0, 1.1, 5.0, 1.2]).ratio == 1.1


@pytest.mark.parametrize(
    ("count", "left_out"),
    [(5, 0), (6, 0), (8, 0), (9, 1), (11, 1), (12, 2), (15, 3), (20, 5)],
)
def test_the_spread_leaves_out_what_the_sign_test_allows(count: int, left_out: int) -> None:
    # The table of the sign test at 5 %, two-sided: of `count` signs this number may differ.
    ratios = [float(number) for number in range(1, count + 1)]
    found = spread(ratios)
    assert (found.low, found.high) == (1.0 + left_out, count - float(left_out))


@pytest.mark.parametrize(
    ("ratio", "low", "high", "verdict"),
    [
        (0.96, 0.94, 0.99, "WORSE"),
        (0.96, 0.94, 1.01, "equal"),
        (0.98, 0.97, 0.99, "equal"),
        (1.00, 0.98, 1.02, "equal"),
        (1.02, 1.01, 1.03, "equal"),
        (1.05, 0.99, 1.08, "equal"),
        (1.05, 1.01, 1.08, "better"),
    ],
)
def test_worse_and_better_are_by_more_than_three_percent_and_by_more_than_the_spread(
    ratio: float, low: float, high: float, verdict: str
) -> None:
    found = Spread(ratio, low, high)
    assert found.verdict == verdict
    assert found.is_worse == (verdict == "WORSE")


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_a_few_pairs_prove_nothing(ratio: float) -> None:
    found = spread([ratio] * 5)
    assert found.verdict == "too few turns"
    assert not found.is_worse
    assert spread([ratio] * 6).verdict in ("WORSE", "better")


@pytest.mark.parametrize(
    ("effort", "pairs", "elapsed_seconds", "enough"),
    [
        (Effort(seconds=60), 5, 100, False),
        (Effort(seconds=60), 6, 100, True),
        (Effort(seconds=60), 6, 50, False),
        (Effort(seconds=60), 7, 100, False),  # the last of A B B A is still to come
        (Effort(seconds=60, pairs=2), 1, 100, False),
        (Effort(seconds=60, pairs=2), 2, 0, True),
    ],
)
def test_turns_end_when_there_are_enough_pairs(
    effort: Effort, pairs: int, elapsed_seconds: float, enough: bool
) -> None:
    assert effort.is_enough(pairs, elapsed_seconds) is enough


@pytest.mark.timeout(300)
def test_every_figure_of_a_version_against_itself() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tools.benchmark", "--against", "HEAD"),
            *("--jobs", "200", "--repeat", "1", "--processes", "2", "--json"),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3_000:]  # one pair proves nothing
    figures = {one["figure"]: one for one in json.loads(done.stdout)}
    assert list(figures) == [
        "drain, 1 process",
        "WAL of a drained job",
        "tables of a drained job",
        "drain, 2 processes",
        "enqueue one",
        "enqueue many",
        "WAL of an enqueued job",
        "/addJob",
        "an empty view",
        "/addJobs",
        "pick-up p50",
        "pick-up p99",
    ]
    assert all(one["new"] > 0 and one["old"] > 0 for one in figures.values())


def test_a_version_that_git_does_not_know_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.benchmark", "--against", "no-such-version"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "no-such-version" in done.stderr
