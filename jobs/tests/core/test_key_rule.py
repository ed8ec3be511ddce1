"""What becomes of a queued job whose effect key another job may own."""

from dataclasses import replace
from typing import Any

import pytest

from jobs.core.ids import uuid7
from jobs.core.key_rule import (
    DEFER_TO_DUE_CAP_SECONDS,
    KeyConflict,
    KeyDecision,
    KeyOwner,
    decide_key,
    deferral_seconds,
)
from jobs.core.message import QueueMessage
from jobs.core.states import JobState

JOB = uuid7()
OWNER = uuid7()

WAITING = KeyConflict(QueueMessage(JOB, "welcome:ann", "default", 5), seconds_to_due=-0.5)


def owned(state: str | None = JobState.RUNNING, **fields: Any) -> KeyOwner:
    """The owner of the key, which has been due for three seconds."""
    return KeyOwner(**({"job_id": OWNER, "state": state, "seconds_to_due": -3.0} | fields))


def decision(owner: KeyOwner | None, **fields: Any) -> KeyDecision:
    return decide_key(replace(WAITING, owner=owner, **fields))


def test_no_job_owns_the_key() -> None:
    assert decision(None) is KeyDecision.CLAIM


def test_the_job_itself_owns_the_key() -> None:
    assert decision(owned(JobState.QUEUED, job_id=JOB)) is KeyDecision.CLAIM


@pytest.mark.parametrize("state", [*JobState, None])
def test_a_processed_key_is_done_whatever_became_of_its_job(state: JobState | None) -> None:
    assert decision(owned(state), processed=True) is KeyDecision.SKIP


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
def test_an_owner_that_may_still_do_it_is_waited_for(state: JobState) -> None:
    assert decision(owned(state)) is KeyDecision.DEFER


@pytest.mark.parametrize("state", [JobState.DEAD, JobState.CANCELLED, None])
def test_an_owner_that_will_not_do_it_any_more_loses_the_key(state: JobState | None) -> None:
    assert decision(owned(state)) is KeyDecision.TAKE_OVER


def test_whether_an_interrupted_owner_did_it_only_a_person_knows() -> None:
    owner = owned(JobState.DEAD, awaits_a_person=True)
    assert decision(owner) is KeyDecision.DEFER_FOR_A_PERSON


@pytest.mark.parametrize("processed", [True, False])
@pytest.mark.parametrize("state", [*JobState, None])
def test_before_its_time_nothing_is_decided(processed: bool, state: JobState | None) -> None:
    waits = decision(owned(state), seconds_to_due=0.1, processed=processed)
    assert waits is KeyDecision.WAIT


MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


@pytest.mark.parametrize(
    ("owner_has_taken", "deferral"), [(0.01, 1), (10, 1), (30, 3), (2 * MINUTE, 12), (DAY, 15)]
)
def test_the_longer_an_owner_has_taken_the_longer_it_is_waited_for(
    owner_has_taken: float, deferral: float
) -> None:
    owner = owned(seconds_in_state=owner_has_taken)
    assert deferral_seconds(owner) == pytest.approx(deferral)


@pytest.mark.parametrize(
    ("letter_has_waited", "deferral"), [(1, 15), (2 * MINUTE, 15), (HOUR / 2, 180), (DAY, 300)]
)
def test_a_person_is_waited_for_longer(letter_has_waited: float, deferral: float) -> None:
    owner = owned(JobState.DEAD, awaits_a_person=True, seconds_in_state=letter_has_waited)
    assert deferral_seconds(owner) == pytest.approx(deferral)


def test_an_owner_that_is_not_due_cannot_end_before_it_is() -> None:
    assert deferral_seconds(owned(seconds_to_due=HOUR, seconds_in_state=-HOUR)) == HOUR


def test_no_wait_for_an_owner_that_is_not_due_is_longer_than_the_cap() -> None:
    assert deferral_seconds(owned(seconds_to_due=DAY)) == DEFER_TO_DUE_CAP_SECONDS
