"""A worker that was only frozen reports a success after its attempt was given up."""

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core.claim import ClaimedJob
from jobs.core.outcome import CutOff, Failed, Succeeded
from jobs.core.states import DeathReason, JobState, Resolution
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.tests.factories import make_job
from jobs.tests.steps import (
    claim_one,
    error,
    interrupt,
    make_due,
    record,
    stored,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job() -> Job:
    return make_job(type="tests.note_by_text", payload={"text": "ann"})


@pytest.fixture
def interrupted(job: Job) -> tuple[ClaimedJob, DeadLetter]:
    return interrupt(job)


def test_it_settles_the_dead_letter_that_waits_for_a_decision(
    interrupted: tuple[ClaimedJob, DeadLetter], broker: RedisBroker
) -> None:
    claim, letter = interrupted
    assert record(claim, Succeeded()).written
    row = stored(claim)
    assert row.state == JobState.SUCCEEDED
    letter.refresh_from_db()
    assert letter.resolution == Resolution.SETTLED
    assert letter.resolved_at is not None
    assert letter.resolved_by is None
    key = ProcessedKey.objects.get(key=claim.effect_key)
    assert key.job_id == claim.id
    assert key.processed_at == row.finished_at
    broker.dispatch([claim.message])
    assert broker.fetch(["default"], 1)[0].already_done


def test_a_job_without_a_shared_key_is_settled_too() -> None:
    claim, _ = interrupt(make_job(type="tests.note_once"))
    assert record(claim, Succeeded()).written
    assert stored(claim).state == JobState.SUCCEEDED
    assert not ProcessedKey.objects.exists()


def test_once_replayed_it_comes_too_late(interrupted: tuple[ClaimedJob, DeadLetter]) -> None:
    claim, letter = interrupted
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    assert not record(claim, Succeeded()).written
    assert stored(claim).state == JobState.QUEUED
    assert ProcessedKey.objects.get(key=claim.effect_key).processed_at is None
    again = claim_one(stored(claim))
    assert not record(claim, Succeeded()).written
    assert stored(claim).state == JobState.RUNNING
    assert record(again, Succeeded()).written


def test_once_discarded_it_comes_too_late(interrupted: tuple[ClaimedJob, DeadLetter]) -> None:
    claim, letter = interrupted
    dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=None)
    assert not record(claim, Succeeded()).written
    assert stored(claim).state == JobState.DEAD
    letter.refresh_from_db()
    assert letter.resolution == Resolution.DISCARDED


def test_a_second_interruption_is_not_settled_by_the_first_attempt(job: Job) -> None:
    first, letter = interrupt(job)
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    second, waiting = interrupt(job)
    assert not record(first, Succeeded()).written
    waiting.refresh_from_db()
    assert waiting.resolution == ""
    assert record(second, Succeeded()).written


@pytest.mark.parametrize("outcome", [Failed(error()), CutOff(error())], ids=repr)
def test_a_late_failure_changes_nothing(
    outcome: Failed | CutOff, interrupted: tuple[ClaimedJob, DeadLetter]
) -> None:
    claim, letter = interrupted
    assert not record(claim, outcome).written
    assert stored(claim).state == JobState.DEAD
    assert DeadLetter.objects.waiting().get() == letter


@pytest.mark.parametrize("reason", [reason for reason in DeathReason if reason != "interrupted"])
def test_only_an_unknown_outcome_is_settled(
    reason: DeathReason, interrupted: tuple[ClaimedJob, DeadLetter]
) -> None:
    claim, letter = interrupted
    DeadLetter.objects.filter(id=letter.id).update(reason=reason)
    assert not record(claim, Succeeded()).written
    assert stored(claim).state == JobState.DEAD


def test_a_wrong_attempt_settles_nothing(interrupted: tuple[ClaimedJob, DeadLetter]) -> None:
    claim, _ = interrupted
    assert not record(claim._replace(attempt=7), Succeeded()).written
    assert stored(claim).state == JobState.DEAD


def test_jobs_that_waited_for_it_are_skipped(
    interrupted: tuple[ClaimedJob, DeadLetter],
) -> None:
    claim, _ = interrupted
    rival = make_job(type="tests.note_by_text", payload={"text": "ann"})
    jobs_resolve_key_conflicts(job_ids=[rival.id])
    assert stored(rival).state == JobState.QUEUED
    record(claim, Succeeded())
    make_due(rival)
    assert jobs_resolve_key_conflicts(job_ids=[rival.id]) == 1
    assert stored(rival).state == JobState.SKIPPED
    assert stored(rival).done_by_id == claim.id
