"""The states are those of `docs/states.md`, and decisions make the moves that it lists."""

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
from jobs.core.states import FINAL_STATES, Effect, JobState
from jobs.tests.documented_moves import moves_drawn, moves_listed
from jobs.tests.errors import make_error

ERROR = make_error()

LEADS_TO = {
    Succeed: JobState.SUCCEEDED,
    Requeue: JobState.QUEUED,
    Die: JobState.DEAD,
    Cancel: JobState.CANCELLED,
}


def test_the_table_of_moves_and_the_diagram_agree() -> None:
    assert moves_listed() == moves_drawn()


def test_final_means_that_only_a_person_or_a_late_success_moves_it_on() -> None:
    with_a_way_out = {before for before, _ in moves_listed()}
    assert set(JobState) - with_a_way_out == FINAL_STATES - {JobState.DEAD}
    from_dead = {after for before, after in moves_listed() if before == JobState.DEAD}
    assert from_dead == {JobState.QUEUED, JobState.SUCCEEDED}


def test_every_state_can_be_reached() -> None:
    assert {after for _, after in moves_listed()} == set(JobState)


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
def test_every_decision_is_a_documented_move(
    outcome: Outcome, effect: Effect, failures: int, crashes: int
) -> None:
    budget = Budget(failures=failures, crashes=crashes, max_retries=4)
    move = decide(outcome, budget, effect, RetryPolicy(), crash_limit=3)
    if move is None:
        assert isinstance(outcome, Lost) or outcome == Succeeded(recorded=True)
    else:
        assert (JobState.RUNNING, LEADS_TO[type(move)]) in moves_listed()
