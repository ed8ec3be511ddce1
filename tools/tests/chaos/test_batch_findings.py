"""What became of batches is counted, in evidence that was made up."""

from collections import Counter
from dataclasses import replace

import pytest

from tools.chaos.companions.batch_findings import (
    BatchRow,
    Calls,
    Member,
    judge_batches,
    line_about,
)

NONE = dict.fromkeys(("succeeded", "skipped", "failed", "cancelled", "expired"), 0)
FIRST, SECOND = Member("j1", "e1", "succeeded", True), Member("j2", "e2", "succeeded", False)
ROW = BatchRow("b", "name", 2, {**NONE, "succeeded": 2}, True, [FIRST, SECOND])
EFFECTS = Counter({"e1": 1, "e2": 1, "name-success": 1, "name-completion": 1})
CALLS = Calls({"b": ["c1"], "j1": ["c2"]}, {"c1", "c2"})


def broken(
    row: BatchRow = ROW, effects: Counter[str] = EFFECTS, calls: Calls = CALLS, wanted: int = 2
) -> dict[str, int]:
    return dict(judge_batches([row], {"b": wanted}, effects, calls).broken)


def test_all_is_well() -> None:
    found = judge_batches([ROW], {"b": 2}, EFFECTS, CALLS)
    assert (found.batches, found.cancelled, found.calls, dict(found.broken)) == (1, 0, 2, {})
    assert "each callback ran once" in line_about(found)


def test_a_batch_that_was_cancelled_has_no_callback_of_success() -> None:
    members = [FIRST, replace(SECOND, state="cancelled")]
    row = replace(ROW, counts={**NONE, "succeeded": 1, "cancelled": 1}, members=members)
    effects = EFFECTS - Counter(["e2", "name-success"])
    assert broken(row, effects) == {}
    assert broken(row, effects + Counter(["name-success"])) == {"callbacks that ran too often": 1}


@pytest.mark.parametrize(
    ("effects", "what"),
    [
        (EFFECTS - Counter(["name-completion"]), "callbacks that did not run"),
        (EFFECTS + Counter(["name-success"]), "callbacks that ran too often"),
        (EFFECTS + Counter(["e1"]), "jobs that were not done exactly once"),
        (EFFECTS - Counter(["e2"]), "jobs that were not done exactly once"),
    ],
)
def test_effects_that_are_not_there_once(effects: Counter[str], what: str) -> None:
    assert broken(effects=effects) == {what: 1}


@pytest.mark.parametrize(
    ("calls", "what"),
    [
        (Calls({"j1": ["c2"]}, {"c2"}), "ends that were not told"),
        (Calls({"b": ["c1"], "j1": ["c2", "c3"]}, {"c1", "c2", "c3"}), "ends that were told twice"),
        (Calls({"b": ["c1"], "j1": ["c2"]}, {"c1"}), "calls that nobody heard"),
    ],
)
def test_calls_that_are_not_there_once(calls: Calls, what: str) -> None:
    assert broken(calls=calls) == {what: 1}


def test_rows_that_say_otherwise() -> None:
    other = replace(ROW, counts={**NONE, "succeeded": 1, "failed": 1})
    assert "batches whose counters are not those of their jobs" in broken(other)
    assert broken(wanted=3) == {"batches with other jobs than were accepted": 1}
    assert broken(replace(ROW, is_completed=False))["batches that were not completed"] == 1
    gone = judge_batches([], {"b": 2}, EFFECTS, CALLS)
    assert dict(gone.broken) == {"batches that are gone": 1}
