"""What became of jobs that died and were replayed is counted, in evidence that was made up."""

from collections import Counter

import pytest

from tools.chaos.companions.redrives import judge_redrives

ALL = ["a", "b"]
DONE = {"a": "succeeded", "b": "succeeded"}
ONCE = Counter(ALL)


def test_all_is_well() -> None:
    found = judge_redrives(ALL, DONE, ONCE, [1, 0, 1])
    assert (found.jobs, found.redrives, found.replayed, found.broken) == (2, 3, 2, [])


@pytest.mark.parametrize(
    ("states", "effects", "replayed", "broken"),
    [
        (DONE, Counter(["a"]), [2], "redrives: 1 jobs were not done"),
        (DONE, Counter(["a", "a", "b"]), [2], "redrives: 1 jobs were done twice"),
        ({**DONE, "b": "dead"}, ONCE, [2], "redrives: 1 jobs did not succeed in the end"),
        ({"a": "succeeded"}, ONCE, [2], "redrives: 1 jobs did not succeed in the end"),
        (DONE, ONCE, [1], "redrives: 1 jobs were not replayed"),
    ],
)
def test_what_was_not_kept_is_told(
    states: dict[str, str], effects: Counter[str], replayed: list[int], broken: str
) -> None:
    assert judge_redrives(ALL, states, effects, replayed).broken == [broken]
