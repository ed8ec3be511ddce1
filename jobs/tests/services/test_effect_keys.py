"""Several jobs for one effect: one does it, the others are skipped, deferred, or take over."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import transaction

from jobs.broker.redis import RedisBroker
from jobs.core.claim import ClaimedJob
from jobs.core.key_rule import DEFER_FOR_A_PERSON_SECONDS, DEFER_SECONDS
from jobs.core.states import JobState
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.models.moments import seconds_ago
from jobs.services import effect_keys
from jobs.services.attempts import jobs_claim
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.maintenance.redispatch import jobs_redispatch_lost
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import (
    claim_one,
    die,
    dispatched_ago,
    fail,
    heard_now,
    interrupt,
    make_due,
    stored,
    succeed,
)
from jobs.tests.threads import at_once, elsewhere

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "tests.note_by_text:ann"


def by_text() -> Job:
    return make_job(type="tests.note_by_text", payload={"text": "ann"})


@pytest.fixture
def owner() -> Job:
    return by_text()


@pytest.fixture
def rival(owner: Job) -> Job:
    return by_text()


def resolve(job: Job) -> int:
    return jobs_resolve_key_conflicts(job_ids=[job.id])


def seconds_deferred(job: Job) -> float:
    """About how far ahead its run_at lies; it must be dispatched then and not before."""
    before = job.run_at
    row = stored(job)
    assert row.state == JobState.QUEUED
    assert row.dispatched_at == row.run_at
    return (row.run_at - before).total_seconds()


def seconds_until_due(job: Job) -> float:
    return (stored(job).run_at - heard_now()).total_seconds()


def claims(job: Job) -> bool:
    return bool(jobs_claim(worker_id=make_worker().id, job_ids=[job.id]))


def key_owner() -> object:
    return ProcessedKey.objects.get(key=KEY).job_id


def test_what_another_job_has_done_is_skipped_and_says_who_did_it(owner: Job, rival: Job) -> None:
    succeed(owner)
    worker = make_worker()
    assert jobs_resolve_key_conflicts(job_ids=[rival.id], worker_id=worker.id) == 1
    row = stored(rival)
    assert row.state == JobState.SKIPPED
    assert row.done_by_id == owner.id
    assert row.worker_id == worker.id
    assert row.finished_at is not None
    assert row.attempt == 0
    assert key_owner() == owner.id


def test_an_owner_that_runs_is_waited_for(owner: Job, rival: Job, broker: RedisBroker) -> None:
    claim_one(owner)
    broker.forget_everything()
    assert resolve(rival) == 0
    assert DEFER_SECONDS <= seconds_deferred(rival) < DEFER_SECONDS + 5
    assert broker.depth(["default"]).delayed == 1
    assert sum(broker.depth(["default"]).ready.values()) == 0


@pytest.mark.parametrize(("minutes", "seconds"), [(0, 1), (1, 6), (600, 15)])
def test_an_owner_that_has_run_for_long_is_asked_about_less_often(
    owner: Job, rival: Job, minutes: int, seconds: float
) -> None:
    claim_one(owner)
    Job.objects.filter(id=owner.id).update(claimed_at=seconds_ago(minutes * 60))
    resolve(rival)
    assert seconds <= seconds_deferred(rival) < seconds + 5


@pytest.mark.parametrize(("hours", "seconds"), [(0.5, 180), (48, 300)])
def test_a_dead_letter_that_has_waited_for_long_is_asked_about_less_often(
    owner: Job, rival: Job, hours: float, seconds: float
) -> None:
    interrupt(owner)
    Job.objects.filter(id=owner.id).update(finished_at=seconds_ago(hours * 3_600))
    resolve(rival)
    assert seconds <= seconds_deferred(rival) < seconds + 5


def test_an_old_job_waits_no_longer_for_an_owner_that_has_only_just_begun(
    owner: Job, rival: Job
) -> None:
    """Submitted for a later day, or back in the queue: its own age says nothing of the owner."""
    Job.objects.update(created_at=seconds_ago(86_400), run_at=seconds_ago(3_600))
    claim_one(owner)
    before = seconds_until_due(rival)
    resolve(rival)
    assert before < 0 < seconds_until_due(rival) <= DEFER_SECONDS


def test_a_locked_row_holds_up_no_other_job(owner: Job, broker: RedisBroker) -> None:
    """An open transaction in psql, a cancellation that froze: redispatching finds the job."""
    held, free = by_text(), by_text()
    succeed(owner)
    with transaction.atomic():
        Job.objects.select_for_update().get(id=held.id)
        assert elsewhere(lambda: jobs_resolve_key_conflicts(job_ids=[held.id, free.id])) == 1
    assert stored(held).state == JobState.QUEUED
    assert stored(free).state == JobState.SKIPPED
    broker.forget_everything()  # as its id had come out
    dispatched_ago(held, 60)
    assert jobs_redispatch_lost(queues=["default"]).count == 1
    assert resolve(held) == 1


def test_an_owner_that_waits_for_its_next_attempt_is_waited_for_that_long(
    owner: Job, rival: Job
) -> None:
    fail(owner)
    # Not quite ten minutes: the statement that defers reads the clock after the one that looks.
    due = timedelta(minutes=9, seconds=59)
    Job.objects.filter(id=owner.id).update(run_at=owner.run_at + due)
    resolve(rival)
    assert 500 < seconds_deferred(rival) <= 600


def test_after_the_owner_has_succeeded_the_one_that_waited_is_skipped(
    owner: Job, rival: Job
) -> None:
    claim_one(owner)
    resolve(rival)
    Job.objects.filter(id=owner.id).update(state=JobState.QUEUED, worker=None, claimed_at=None)
    succeed(owner)
    make_due(rival)
    assert resolve(rival) == 1


@pytest.mark.parametrize(
    "abandon",
    [
        pytest.param(die, id="dead"),
        pytest.param(lambda job: (fail(job), job_cancel(job_id=job.id)), id="cancelled"),
        pytest.param(lambda job: (fail(job), Job.objects.filter(id=job.id).delete()), id="pruned"),
    ],
)
def test_a_key_that_its_owner_has_abandoned_is_taken_over(
    abandon: Callable[[Job], object], owner: Job, rival: Job, broker: RedisBroker
) -> None:
    abandon(owner)
    assert key_owner() == owner.id
    assert not claims(rival)
    broker.forget_everything()
    resolve(rival)
    assert key_owner() == rival.id
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [rival.id]
    assert claims(rival)


def test_whether_an_interrupted_owner_did_it_a_person_has_to_say(owner: Job, rival: Job) -> None:
    _, letter = interrupt(owner)
    resolve(rival)
    deferred = seconds_deferred(rival)
    assert DEFER_FOR_A_PERSON_SECONDS <= deferred < DEFER_FOR_A_PERSON_SECONDS + 5
    assert key_owner() == owner.id
    make_due(rival)
    assert not claims(rival)
    dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=None)
    resolve(rival)
    assert key_owner() == rival.id
    assert claims(rival)


def test_an_owner_that_was_replayed_is_waited_for_again(owner: Job, rival: Job) -> None:
    _, letter = interrupt(owner)
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    resolve(rival)
    assert seconds_deferred(rival) < DEFER_SECONDS + 5
    assert key_owner() == owner.id
    assert claims(owner)


def test_a_former_owner_that_is_replayed_finds_the_effect_done(owner: Job, rival: Job) -> None:
    letter = die(owner)
    resolve(rival)
    succeed(rival)
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    assert not claims(owner)
    assert resolve(owner) == 1
    assert stored(owner).done_by_id == rival.id


def test_a_former_owner_that_is_replayed_waits_for_the_new_one(owner: Job, rival: Job) -> None:
    letter = die(owner)
    resolve(rival)
    claim_one(rival)
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    assert not claims(owner)
    resolve(owner)
    assert stored(owner).state == JobState.QUEUED
    assert key_owner() == rival.id


def test_of_many_that_want_an_abandoned_key_one_gets_it(owner: Job) -> None:
    rivals = [by_text() for _ in range(6)]
    die(owner)
    at_once(*[partial(resolve, job) for job in rivals])
    assert key_owner() in {job.id for job in rivals}
    for job in rivals:
        make_due(job)
    assert sum(claims(job) for job in rivals) == 1


def test_of_many_in_one_batch_one_gets_it(owner: Job) -> None:
    rivals = [by_text() for _ in range(4)]
    die(owner)
    jobs_resolve_key_conflicts(job_ids=[job.id for job in rivals])
    ready = [job for job in rivals if stored(job).run_at == job.run_at]
    assert [job.id for job in ready] == [key_owner()]


def test_before_its_time_a_job_is_only_dispatched_for_later(
    rival: Job, broker: RedisBroker
) -> None:
    job = make_job(delay_seconds=60)
    before = stored(job)
    broker.forget_everything()
    resolve(job)
    assert stored(job).run_at == before.run_at
    assert broker.depth(["default"]).delayed == 1


def test_a_job_without_a_key_conflict_is_dispatched_again(broker: RedisBroker) -> None:
    """Its row was locked while it was to be claimed."""
    job = make_job()
    broker.fetch(["default"], 9)
    resolve(job)
    [fetched] = broker.fetch(["default"], 9)
    assert fetched.message.job_id == job.id
    assert fetched.cache_mark == ""


def test_what_is_not_queued_any_more_is_left_alone(owner: Job, rival: Job) -> None:
    succeed(owner)
    claimed, cancelled = make_job(), make_job()
    claim_one(claimed)
    job_cancel(job_id=cancelled.id)
    before = {row["id"]: row for row in Job.objects.values()}
    assert jobs_resolve_key_conflicts(job_ids=[owner.id, claimed.id, cancelled.id]) == 0
    after = {row["id"]: row for row in Job.objects.values()}
    assert after == before
    assert jobs_resolve_key_conflicts(job_ids=[]) == 0


def test_a_cache_mark_that_postgresql_contradicts_cannot_hold_a_job_back(
    broker: RedisBroker,
) -> None:
    """Redis says done, PostgreSQL says queued: a restored backup, a lost commit."""
    job = make_job(type="tests.note_by_text", payload={"text": "ann"})
    broker.mark_done([(job.effect_key, job.id)])
    [fetched] = broker.fetch(["default"], 9)
    assert fetched.already_done  # a worker drops this message
    dispatched_ago(job, 60)
    assert jobs_redispatch_lost(queues=["default"]).count == 1
    [again] = broker.fetch(["default"], 9)
    assert again.message.job_id == job.id
    assert not again.already_done


def test_a_replay_clears_the_cache_mark_of_its_key(owner: Job, broker: RedisBroker) -> None:
    letter = die(owner)
    broker.mark_done([(KEY, owner.id)])
    broker.fetch(["default"], 9)
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    [fetched] = broker.fetch(["default"], 9)
    assert fetched.cache_mark == ""


def test_a_take_over_clears_the_cache_mark_of_its_key(
    owner: Job, rival: Job, broker: RedisBroker
) -> None:
    die(owner)
    assert DeadLetter.objects.waiting().exists()
    broker.mark_done([(KEY, rival.id)])
    broker.fetch(["default"], 9)
    resolve(rival)
    [fetched] = broker.fetch(["default"], 9)
    assert fetched.cache_mark == ""


def test_an_owner_that_is_replayed_at_this_moment_keeps_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = make_job(type="tests.note_by_text", payload={"text": "same"})
    letter = die(owner)
    rival = make_job(type="tests.note_by_text", payload={"text": "same"})
    running: list[ClaimedJob] = []
    still_will_not_do_it = effect_keys._still_will_not_do_it

    def after_a_replay(owner_id: UUID) -> bool:
        elsewhere(lambda: dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None))
        running.append(elsewhere(lambda: claim_one(owner)))
        return still_will_not_do_it(owner_id)

    with monkeypatch.context() as patch:
        patch.setattr(effect_keys, "_still_will_not_do_it", after_a_replay)
        jobs_resolve_key_conflicts(job_ids=[rival.id])
    assert running
    assert not jobs_claim(worker_id=make_worker().id, job_ids=[rival.id])
