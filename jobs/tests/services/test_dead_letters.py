"""A person decides: replay or discard, once, also when several decide at the same moment."""

from collections.abc import Callable
from functools import partial

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core.claim import ClaimedJob
from jobs.core.errors import DeadLetterResolved, JobNotDead
from jobs.core.ids import uuid7
from jobs.core.outcome import FailedForGood, Succeeded
from jobs.core.states import DeathReason, JobState, Resolution
from jobs.models import DeadLetter, Job
from jobs.models.moments import seconds_ago
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import (
    claim_one,
    die,
    error,
    fail,
    interrupt,
    make_due,
    record,
    stored,
)
from jobs.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


Decide = Callable[[DeadLetter], DeadLetter]


@pytest.fixture
def job() -> Job:
    return make_job()


@pytest.fixture
def letter(job: Job) -> DeadLetter:
    return die(job)


def replay(letter: DeadLetter, user_id: int | None = None) -> DeadLetter:
    return dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=user_id)


def discard(letter: DeadLetter, user_id: int | None = None) -> DeadLetter:
    return dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=user_id)


def test_a_replay_is_the_same_job_with_its_budget_anew(
    job: Job, letter: DeadLetter, broker: RedisBroker
) -> None:
    dead = stored(job)
    broker.forget_everything()
    replay(letter)
    row = stored(job)
    assert (row.state, row.failures, row.crashes) == (JobState.QUEUED, 0, 0)
    assert row.attempt == dead.attempt == 1
    assert row.errors == dead.errors
    assert (row.payload, row.effect_key, row.submitted_by) == (
        dead.payload,
        dead.effect_key,
        dead.submitted_by,
    )
    assert row.worker_id is row.claimed_at is row.started_at is row.finished_at is None
    assert row.run_at == row.dispatched_at > dead.run_at
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [job.id]


def test_who_decided_and_when_is_kept(letter: DeadLetter) -> None:
    user = make_user()
    answer = replay(letter, user.id)
    letter.refresh_from_db()
    assert answer == letter
    assert (letter.resolution, letter.resolved_by) == (Resolution.REPLAYED, user)
    assert letter.resolved_at is not None
    assert letter.resolved_at >= letter.created_at


def test_the_name_of_who_decided_stays_when_the_account_is_gone(letter: DeadLetter) -> None:
    ann = make_user(username="ann")
    dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=ann.pk)
    ann.delete()
    letter.refresh_from_db()
    assert (letter.resolved_by, letter.resolved_by_name) == (None, "ann")


def test_a_decision_without_a_user_has_no_name(letter: DeadLetter) -> None:
    decided = dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=None)
    assert decided.resolved_by_name == ""


def test_the_attempt_grows_and_the_budget_is_whole_after_a_replay() -> None:
    job = make_job(max_retries=1)
    for _ in range(2):
        fail(job)
    replay(DeadLetter.objects.waiting().get())
    fail(job)
    assert stored(job).state == JobState.QUEUED
    fail(job)
    assert stored(job).state == JobState.DEAD
    assert stored(job).attempt == 4


def test_the_lineage_is_kept_over_several_replays() -> None:
    job = make_job(max_retries=0)
    for text in ("first", "second"):
        fail(job, text)
        replay(DeadLetter.objects.waiting().get())
        make_due(job)
    fail(job, "third")
    letters = list(job.dead_letters.order_by("id"))
    assert [letter.attempt for letter in letters] == [1, 2, 3]
    assert [letter.error for letter in letters] == [
        "RuntimeError: first",
        "RuntimeError: second",
        "RuntimeError: third",
    ]
    assert [len(letter.attempts) for letter in letters] == [1, 2, 3]
    assert [letter.resolution for letter in letters] == ["replayed", "replayed", ""]


def test_a_replayed_job_can_succeed(job: Job, letter: DeadLetter) -> None:
    replay(letter)
    assert record(claim_one(job), Succeeded()).written
    assert stored(job).state == JobState.SUCCEEDED


def test_crashes_count_anew_after_a_replay() -> None:
    job = make_job(type="tests.note_once")
    _, letter = interrupt(job)
    assert stored(job).crashes == 1
    replay(letter)
    assert stored(job).crashes == 0


def test_a_request_to_cancel_does_not_outlive_the_replay(job: Job) -> None:
    claim = claim_one(job)
    job_cancel(job_id=job.id)
    record(claim, FailedForGood(error()))
    replay(DeadLetter.objects.waiting().get())
    fail(job)
    assert stored(job).state == JobState.QUEUED


def test_a_discarded_letter_leaves_the_job_dead(
    job: Job, letter: DeadLetter, broker: RedisBroker
) -> None:
    user = make_user()
    broker.forget_everything()
    before = stored(job)
    answer = discard(letter, user.id)
    assert (answer.resolution, answer.resolved_by) == (Resolution.DISCARDED, user)
    assert stored(job).state == JobState.DEAD
    assert stored(job).finished_at == before.finished_at
    assert sum(broker.depth(["default"]).ready.values()) == 0


@pytest.mark.parametrize("first", [replay, discard])
@pytest.mark.parametrize("second", [replay, discard])
def test_a_second_decision_is_refused(first: Decide, second: Decide, letter: DeadLetter) -> None:
    resolution = first(letter).resolution
    with pytest.raises(DeadLetterResolved, match=f"already {resolution}"):
        second(letter)
    letter.refresh_from_db()
    assert letter.resolution == resolution


def test_a_letter_that_was_settled_is_not_replayed() -> None:
    claim, letter = interrupt(make_job(type="tests.note_once"))
    record(claim, Succeeded())
    with pytest.raises(DeadLetterResolved, match="already settled"):
        replay(letter)
    assert stored(claim).state == JobState.SUCCEEDED


def test_of_many_replays_at_once_one_counts(
    job: Job, letter: DeadLetter, broker: RedisBroker
) -> None:
    broker.forget_everything()

    def try_to(decide: Decide) -> str:
        try:
            decide(letter)
        except DeadLetterResolved:
            return "refused"
        return "decided"

    answers = at_once(*[partial(try_to, replay)] * 6)
    assert sorted(answers) == ["decided"] + ["refused"] * 5
    assert stored(job).state == JobState.QUEUED
    assert len(broker.fetch(["default"], 9)) == 1


def succeeds(claim: ClaimedJob) -> bool:
    return record(claim, Succeeded()).written


def is_replayed(letter: DeadLetter) -> bool:
    try:
        replay(letter)
    except DeadLetterResolved:
        return False
    return True


def test_of_a_late_success_and_a_replay_at_once_one_counts() -> None:
    for _ in range(5):
        claim, letter = interrupt(make_job(type="tests.note_once"))

        settled, was_replayed = at_once(partial(succeeds, claim), partial(is_replayed, letter))
        assert settled != was_replayed
        state = stored(claim).state
        assert state == (JobState.SUCCEEDED if settled else JobState.QUEUED)


@pytest.mark.parametrize("decide", [replay, discard])
def test_a_letter_that_is_not_there_is_no_letter(decide: Decide) -> None:
    with pytest.raises(DeadLetter.DoesNotExist):
        decide(DeadLetter(id=uuid7()))


@pytest.mark.usefixtures("redis_away")
def test_without_redis_a_replay_counts_all_the_same(job: Job, letter: DeadLetter) -> None:
    replay(letter)
    assert stored(job).state == JobState.QUEUED


def test_reasons_say_in_words_what_happened() -> None:
    assert {reason.label for reason in DeathReason} == {
        "retries exhausted",
        "permanent error",
        "outcome unknown",
        "took down too many workers",
    }


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.SUCCEEDED])
def test_a_letter_whose_job_is_not_dead_is_not_replayed(
    letter: DeadLetter, state: JobState, broker: RedisBroker
) -> None:
    """Nothing here makes such a row; a person must learn of it instead of a replay that is none."""
    finished_at = None if state == JobState.QUEUED else seconds_ago(0)
    Job.objects.filter(id=letter.job_id).update(state=state, finished_at=finished_at)
    broker.forget_everything()
    with pytest.raises(JobNotDead, match=f"is {state}, not dead"):
        replay(letter)
    letter.refresh_from_db()
    assert (letter.resolution, letter.resolved_at) == ("", None)
    assert stored(letter.job).state == state
    assert sum(broker.depth(["default"]).ready.values()) == 0
