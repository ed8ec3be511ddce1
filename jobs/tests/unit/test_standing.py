"""How a queued job stands to the key that it wants."""

import dataclasses

import pytest

from jobs.ids import uuid7
from jobs.messages import QueueMessage
from jobs.services.idempotency import Contest, Standing, deferral_seconds, standing
from jobs.states import JobState

JOB = uuid7()
OWNER = uuid7()

DUE = Contest(
    message=QueueMessage(JOB, "welcome:ann", "default", 5),
    seconds_to_due=-0.5,
    owner_id=OWNER,
    processed=False,
    owner_state=JobState.RUNNING,
    owner_seconds_to_due=-3.0,
    owner_seconds_in_state=0.5,
    owner_awaits_a_person=False,
)


def with_owner(**fields: object) -> Contest:
    return dataclasses.replace(DUE, **fields)  # type: ignore[arg-type]


def test_nobody_owns_the_key() -> None:
    assert standing(with_owner(owner_id=None, owner_state=None)) is Standing.FREE


def test_the_job_itself_owns_the_key() -> None:
    assert standing(with_owner(owner_id=JOB, owner_state=JobState.QUEUED)) is Standing.FREE


def test_a_processed_key_is_done_whatever_became_of_its_job() -> None:
    for state in (*JobState, None):
        contest = with_owner(processed=True, owner_state=state)
        assert standing(contest) is Standing.DONE, state


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
def test_an_owner_that_may_still_do_it_is_waited_for(state: JobState) -> None:
    assert standing(with_owner(owner_state=state)) is Standing.IN_FLIGHT


@pytest.mark.parametrize("state", [JobState.DEAD, JobState.CANCELLED, None])
def test_an_owner_that_will_not_do_it_any_more_loses_the_key(state: JobState | None) -> None:
    assert standing(with_owner(owner_state=state)) is Standing.ABANDONED


def test_whether_an_interrupted_owner_did_it_only_a_person_knows() -> None:
    contest = with_owner(owner_state=JobState.DEAD, owner_awaits_a_person=True)
    assert standing(contest) is Standing.UNKNOWN


@pytest.mark.parametrize("processed", [True, False])
@pytest.mark.parametrize("state", [*JobState, None])
def test_before_its_time_nothing_is_decided(processed: bool, state: JobState | None) -> None:
    contest = with_owner(seconds_to_due=0.1, processed=processed, owner_state=state)
    assert standing(contest) is Standing.NOT_DUE


MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


@pytest.mark.parametrize(
    ("owner_has_taken", "deferral"), [(0.01, 1), (10, 1), (30, 3), (2 * MINUTE, 12), (DAY, 15)]
)
def test_the_longer_an_owner_has_taken_the_longer_it_is_waited_for(
    owner_has_taken: float, deferral: float
) -> None:
    contest = with_owner(owner_seconds_in_state=owner_has_taken)
    assert deferral_seconds(contest) == pytest.approx(deferral)


@pytest.mark.parametrize(
    ("letter_has_waited", "deferral"), [(1, 15), (2 * MINUTE, 15), (HOUR / 2, 180), (DAY, 300)]
)
def test_a_person_is_waited_for_longer(letter_has_waited: float, deferral: float) -> None:
    contest = with_owner(
        owner_state=JobState.DEAD,
        owner_awaits_a_person=True,
        owner_seconds_in_state=letter_has_waited,
    )
    assert deferral_seconds(contest) == pytest.approx(deferral)


def test_an_owner_that_is_not_due_cannot_end_before_it_is() -> None:
    contest = with_owner(owner_seconds_to_due=HOUR, owner_seconds_in_state=-HOUR)
    assert deferral_seconds(contest) == HOUR
