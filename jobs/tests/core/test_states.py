"""The table of moves: complete, and the only one that decisions and services follow."""

import pytest

from jobs.core.outcome import (
    Cancelled,
    CutOff,
    Failed,
    FailedForGood,
    Lost,
    NotStarted,
    Outcome,
    Succeeded,
)
from jobs.core.retry import Budget, Cancel, Die, Requeue, RetryPolicy, Succeed, decide
from jobs.core.states import ALLOWED_MOVES, FINAL_STATES, Effect, JobState
from jobs.tests.errors import make_error

ERROR = make_error()

LEADS_TO = {
    Succeed: JobState.SUCCEEDED,
    Requeue: JobState.QUEUED,
    Die: JobState.DEAD,
    Cancel: JobState.CANCELLED,
}


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(ALLOWED_MOVES) == set(JobState)


def test_final_means_that_only_a_person_or_a_late_success_moves_it_on() -> None:
    without_a_way_out = {state for state, targets in ALLOWED_MOVES.items() if not targets}
    assert without_a_way_out == FINAL_STATES - {JobState.DEAD}
    assert ALLOWED_MOVES[JobState.DEAD] == {JobState.QUEUED, JobState.SUCCEEDED}


def test_every_state_can_be_reached() -> None:
    reached = set().union(*ALLOWED_MOVES.values())
    assert reached == set(JobState)


def test_no_state_moves_to_itself() -> None:
    assert not [state for state, targets in ALLOWED_MOVES.items() if state in targets]


@pytest.mark.parametrize("crashes", [0, 2])
@pytest.mark.parametrize("failures", [0, 4])
@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize(
    "outcome",
    [
        Succeeded(),
        Failed(ERROR),
        Failed(ERROR, after_seconds=3.0),
        FailedForGood(ERROR),
        CutOff(ERROR),
        CutOff(ERROR, crashed=True),
        NotStarted(),
        Cancelled(),
        Succeeded(recorded=True),
        Lost(),
    ],
    ids=repr,
)
def test_every_decision_is_an_allowed_move(
    outcome: Outcome, effect: Effect, failures: int, crashes: int
) -> None:
    budget = Budget(failures=failures, crashes=crashes, max_retries=4)
    move = decide(outcome, budget, effect, RetryPolicy(), crash_limit=3)
    if move is None:
        assert isinstance(outcome, Lost) or outcome == Succeeded(recorded=True)
    else:
        assert LEADS_TO[type(move)] in ALLOWED_MOVES[JobState.RUNNING]
