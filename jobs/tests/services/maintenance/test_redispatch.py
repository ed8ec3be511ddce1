"""What is missing from its list is dispatched again, and nothing else."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from jobs.broker.redis import RedisBroker
from jobs.core.errors import BrokerUnavailable
from jobs.core.message import QueueMessage
from jobs.core.outage import broker_outage
from jobs.core.outcome import Failed
from jobs.core.states import JobState
from jobs.models import Job
from jobs.models.moments import seconds_ago
from jobs.services.attempts import jobs_claim, jobs_give_back
from jobs.services.cancel import job_cancel
from jobs.services.maintenance import redispatch
from jobs.services.maintenance.redispatch import SearchedLists, jobs_redispatch_lost
from jobs.services.maintenance.round import Round
from jobs.services.short_transaction import try_advisory_lock
from jobs.tests.factories import make_job, make_worker
from jobs.tests.stamps import remove_entries
from jobs.tests.steps import claim_one, dispatched_ago, error, fail, record, stored
from jobs.tests.threads import elsewhere
from jobs.tests.turns import redispatch_turn
from jobs.worker import redispatch_timer

pytestmark = pytest.mark.django_db(transaction=True)

# Well beyond the margin, and well within it.
LONG_AGO = 60.0
JUST_NOW = 0.5


def job_dispatched(seconds: float, **fields: object) -> Job:
    """A job that was dispatched that many seconds ago."""
    job = make_job(**fields)
    dispatched_ago(job, seconds)
    return job


def lost(seconds: float, **fields: object) -> Job:
    """A job that was dispatched that many seconds ago, and that Redis has lost."""
    job = job_dispatched(seconds, **fields)
    remove_entries(job.id)
    return job


def fetched(broker: RedisBroker, queue: str = "default") -> list[Job]:
    return [stored(Job(id=one.message.job_id)) for one in broker.fetch([queue], 10_000)]


def redispatch_lost(*queues: str) -> int:
    return jobs_redispatch_lost(queues=queues or ["default"]).count


def test_all_is_dispatched_again_after_redis_has_lost_everything(broker: RedisBroker) -> None:
    jobs = [job_dispatched(LONG_AGO + 30 - number) for number in range(30)]
    broker.forget_everything()
    assert redispatch_lost() == 30
    assert fetched(broker) == jobs  # in their order


def test_it_is_dated_anew_and_so_not_dispatched_every_round(broker: RedisBroker) -> None:
    job = lost(LONG_AGO)
    assert redispatch_lost() == 1
    assert stored(job).dispatched_at > job.dispatched_at
    assert redispatch_lost() == 0
    broker.forget_everything()
    assert redispatch_lost() == 0  # within the margin
    dispatched_ago(job, LONG_AGO)
    assert redispatch_lost() == 1


def test_what_was_popped_and_never_claimed_is_dispatched_again(broker: RedisBroker) -> None:
    """A worker died between the two."""
    job = job_dispatched(LONG_AGO)
    assert broker.wait(["default"], 1) is not None
    assert redispatch_lost() == 1
    assert fetched(broker) == [job]


def test_what_was_never_pushed_is_dispatched_again(broker: RedisBroker, settings: Settings) -> None:
    """The API was killed between commit and push, or Redis was away."""
    url = settings.JOBS_REDIS_URL
    settings.JOBS_REDIS_URL = "redis://127.0.0.1:1/0"
    job = job_dispatched(LONG_AGO)
    settings.JOBS_REDIS_URL = url
    broker_outage.ended()
    assert fetched(broker) == []
    assert redispatch_lost() == 1
    assert fetched(broker) == [job]


def test_of_a_list_that_lost_some_those_are_dispatched_again(broker: RedisBroker) -> None:
    """A failover to a replica that had not got the last writes, or the first ones."""
    missing = [lost(LONG_AGO), lost(LONG_AGO - 1)]
    kept = [job_dispatched(JUST_NOW) for _ in range(3)]
    assert redispatch_lost() == 2
    assert fetched(broker) == [*kept, *missing]


def test_what_was_lost_behind_the_next_one_out_is_found_when_its_turn_has_passed(
    broker: RedisBroker,
) -> None:
    next_out = job_dispatched(LONG_AGO)
    missing = lost(LONG_AGO - 10)
    last = job_dispatched(LONG_AGO - 20)
    assert redispatch_lost() == 0
    claim_one(next_out)
    broker.fetch(["default"], 1)
    assert redispatch_lost() == 1
    assert fetched(broker) == [last, missing]


def test_a_long_list_without_loss_is_left_alone(broker: RedisBroker) -> None:
    """However old: the workers are busy."""
    for number in range(20):
        job_dispatched(LONG_AGO + 20 - number)
    assert redispatch_lost() == 0
    assert broker.depth(["default"]).ready["default", 5] == 20


def test_a_list_whose_next_one_out_is_a_duplicate_is_left_alone(broker: RedisBroker) -> None:
    done = job_dispatched(LONG_AGO + 1)
    claim_one(done)
    for number in range(5):
        job_dispatched(LONG_AGO - number)
    assert redispatch_lost() == 0


def wait_for_a_retry(job: Job) -> None:
    assert record(claim_one(job), Failed(error())).written


def be_deferred(job: Job) -> None:
    Job.objects.filter(id=job.id).update(run_at=seconds_ago(-60), dispatched_at=seconds_ago(-60))


def be_gone(job: Job) -> None:
    Job.objects.filter(id=job.id).delete()


@pytest.mark.parametrize("happen", [wait_for_a_retry, be_deferred, be_gone, claim_one])
def test_a_list_does_not_grow_behind_an_entry_whose_row_tells_nothing(
    happen: Callable[[Job], object], broker: RedisBroker
) -> None:
    """All handlers are busy for long, and the next entry to come out is left from before."""
    stale = job_dispatched(LONG_AGO + 30)
    jobs = [job_dispatched(LONG_AGO + number) for number in range(20)][::-1]
    happen(stale)
    for _ in range(3):
        assert redispatch_lost() == 0
        for job in jobs:
            dispatched_ago(job, LONG_AGO)
    assert broker.depth(["default"]).ready["default", 5] == 21


@pytest.mark.parametrize("missing_seconds", [2.0, 4.0])
def test_the_margin_covers_what_lies_between_pop_and_claim(
    missing_seconds: float, broker: RedisBroker, settings: Settings
) -> None:
    settings.JOBS_REDISPATCH_MARGIN_SECONDS = 3.0
    lost(missing_seconds)
    assert redispatch_lost() == (1 if missing_seconds > 3.0 else 0)


@pytest.mark.parametrize("missing_seconds", [11.5, 14.5])
def test_the_margin_counts_from_the_next_one_out(
    missing_seconds: float, broker: RedisBroker, settings: Settings
) -> None:
    """Two processes that enqueue at once may push in another order than they commit."""
    settings.JOBS_REDISPATCH_MARGIN_SECONDS = 3.0
    lost(missing_seconds)
    job_dispatched(10.0)
    assert redispatch_lost() == (1 if missing_seconds > 13.0 else 0)


def test_each_list_is_compared_with_its_own_next_one_out(broker: RedisBroker) -> None:
    for priority in (0, 5, 9):
        job_dispatched(LONG_AGO, priority=priority)
    missing = [
        lost(LONG_AGO + 30, priority=5),
        lost(LONG_AGO, priority=7),
        lost(LONG_AGO, queue="bulk", priority=5),
    ]
    assert redispatch_lost("default", "bulk") == 3
    assert fetched(broker, "bulk") == [missing[2]]


def test_queues_that_this_worker_does_not_serve_are_left_to_those_who_do(
    broker: RedisBroker,
) -> None:
    lost(LONG_AGO, queue="bulk")
    assert redispatch_lost("default") == 0
    assert redispatch_lost("bulk") == 1


def test_what_lies_ahead_is_left_alone(broker: RedisBroker) -> None:
    job = make_job(delay_seconds=3_600)
    broker.forget_everything()
    before = stored(job)
    assert redispatch_lost() == 0
    assert stored(job).dispatched_at == before.dispatched_at


def test_what_was_delayed_and_is_overdue_is_dispatched_again(broker: RedisBroker) -> None:
    """Redis has lost the sorted set: a retry, or a job for a later moment."""
    delayed, retried = make_job(delay_seconds=3_600), make_job()
    fail(retried)
    broker.forget_everything()
    for job in (delayed, retried):
        Job.objects.filter(id=job.id).update(run_at=job.created_at)
        dispatched_ago(job, LONG_AGO)
    assert redispatch_lost() == 2
    assert set(fetched(broker)) == {delayed, retried}


def test_only_what_is_queued_is_dispatched_again(broker: RedisBroker) -> None:
    claim_one(job_dispatched(LONG_AGO))
    job_cancel(job_id=job_dispatched(LONG_AGO).id)
    broker.forget_everything()
    assert redispatch_lost() == 0


def test_a_job_with_a_shared_key_keeps_it(broker: RedisBroker) -> None:
    job = job_dispatched(LONG_AGO, type="tests.note_by_text", payload={"text": "ann b"})
    broker.forget_everything()
    redispatch_lost()
    [fetched] = broker.fetch(["default"], 9)
    assert fetched.message == QueueMessage(job.id, "tests.note_by_text:ann b", "default", 5)


def test_dispatching_twice_is_harmless(broker: RedisBroker) -> None:
    job = job_dispatched(LONG_AGO)
    broker.dispatch([QueueMessage(job.id, job.effect_key, job.queue, job.priority)])
    assert fetched(broker) == [job, job]
    worker = make_worker()
    assert len(jobs_claim(worker_id=worker.id, job_ids=[job.id, job.id])) == 1
    assert stored(job).attempt == 1


def test_the_longest_lost_come_first_and_a_round_is_bounded(
    broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redispatch, "REDISPATCH_LIMIT_PER_LIST", 3)
    jobs = [job_dispatched(LONG_AGO + number) for number in range(7)][::-1]
    broker.forget_everything()
    assert redispatch_lost() == 3
    assert set(fetched(broker)) == set(jobs[:3])
    claimed = [claim_one(job) for job in jobs[:3]]
    assert redispatch_lost() == 3
    assert redispatch_lost() == 1
    assert len(claimed) + Job.objects.queued().count() == 7


def test_locked_rows_are_passed_over(broker: RedisBroker) -> None:
    held, free = job_dispatched(LONG_AGO + 1), job_dispatched(LONG_AGO)
    broker.forget_everything()
    with transaction.atomic():
        Job.objects.select_for_update().get(id=held.id)
        assert elsewhere(redispatch_lost) == 1
    assert fetched(broker) == [free]


def test_while_one_worker_redispatches_the_others_leave_it_alone(broker: RedisBroker) -> None:
    lost(LONG_AGO)
    with transaction.atomic():
        assert try_advisory_lock("redispatch")
        assert elsewhere(redispatch_lost) == 0
    assert elsewhere(redispatch_lost) == 1


@pytest.mark.usefixtures("redis_away")
def test_without_redis_nothing_is_dated_anew() -> None:
    job = job_dispatched(LONG_AGO)
    before = stored(job)
    with pytest.raises(BrokerUnavailable):
        redispatch_lost()
    assert stored(job).dispatched_at == before.dispatched_at


def test_what_never_began_and_was_given_back_keeps_its_date(broker: RedisBroker) -> None:
    """So the list stays in the order of its dates, and nothing behind it is taken for lost."""
    first = job_dispatched(LONG_AGO)
    second = job_dispatched(LONG_AGO - 10)
    broker.fetch(["default"], 1)
    jobs_give_back(claims=[claim_one(first)])
    assert stored(first).state == JobState.QUEUED
    assert redispatch_lost() == 0
    assert fetched(broker) == [first, second]


def test_a_new_dispatch_is_dated_by_the_clock_of_the_database(broker: RedisBroker) -> None:
    job = lost(LONG_AGO)
    redispatch_lost()
    probe = make_job()
    assert abs(stored(job).dispatched_at - stored(probe).created_at) < timedelta(seconds=5)


def test_a_turn_ends_whatever_becomes_of_what_it_dispatches(
    broker: RedisBroker,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Redis loses it again at once, and again. The log has one line for all rounds."""
    caplog.set_level(logging.INFO, "jobs.worker.redispatch_timer")
    settings.JOBS_REDISPATCH_MARGIN_SECONDS = 0.0
    monkeypatch.setattr(redispatch, "REDISPATCH_LIMIT_PER_LIST", 1)
    jobs = [job_dispatched(LONG_AGO) for _ in range(3)]
    rounds: list[int] = []

    def one_round(**arguments: Any) -> Round:
        broker.forget_everything()
        rounds.append(jobs_redispatch_lost(**arguments).count)
        return Round(rounds[-1], is_full=len(rounds) < 10 and rounds[-1] > 0)

    monkeypatch.setattr(redispatch_timer, "jobs_redispatch_lost", one_round)
    redispatch_turn()
    assert rounds == [1, 1, 1, 0]
    assert caplog.messages == ["Dispatched 3 jobs again that Redis had lost"]
    assert all(stored(job).dispatched_at > job.dispatched_at for job in jobs)


def test_what_came_late_to_its_list_is_not_taken_for_lost(broker: RedisBroker) -> None:
    """A transaction of a minute: its rows are dated a minute before its entries come in."""
    with transaction.atomic():
        jobs = [make_job() for _ in range(3)]
        for job in jobs:
            dispatched_ago(job, LONG_AGO)
    broker.forget_everything()
    broker.dispatch([message_of(job) for job in jobs], age_seconds=LONG_AGO)
    assert redispatch_lost() == 0


def test_what_was_promoted_late_is_not_taken_for_lost(broker: RedisBroker) -> None:
    """No worker ran for a minute, and then a thousand were due at once."""
    jobs = [make_job(delay_seconds=60) for _ in range(3)]
    for number, job in enumerate(jobs):
        seconds = LONG_AGO - 10 * number
        Job.objects.filter(id=job.id).update(
            run_at=seconds_ago(seconds), dispatched_at=seconds_ago(seconds)
        )
        broker.dispatch_later([(message_of(job), -seconds)])
    broker.promote_due(10)
    assert redispatch_lost() == 0


def test_what_is_overdue_in_the_delayed_set_is_dispatched_once(broker: RedisBroker) -> None:
    job = make_job(delay_seconds=60)
    Job.objects.filter(id=job.id).update(run_at=seconds_ago(9), dispatched_at=seconds_ago(9))
    assert redispatch_lost() == 1
    assert broker.depth(["default"]).delayed == 0
    assert fetched(broker) == [job]


def test_a_claim_that_is_given_back_hides_no_loss_and_invents_none(broker: RedisBroker) -> None:
    """It was dispatched again while its first entry was the next one out."""
    first = job_dispatched(LONG_AGO)
    behind = [job_dispatched(LONG_AGO - 10 - number) for number in range(3)]
    broker.fetch(["default"], 1)
    Job.objects.filter(id=first.id).update(dispatched_at=seconds_ago(0))
    jobs_give_back(claims=[claim_one(first)])
    assert redispatch_lost() == 0
    assert fetched(broker) == [first, *behind]


def message_of(job: Job) -> QueueMessage:
    return QueueMessage(job.id, job.effect_key, job.queue, job.priority)


def test_a_search_begins_where_the_last_one_has_ended() -> None:
    searched = SearchedLists()
    lost(LONG_AGO)
    assert jobs_redispatch_lost(queues=["default"], searched=searched).count == 1
    # Of a transaction that took long: dated before what was searched.
    lost(LONG_AGO)
    assert jobs_redispatch_lost(queues=["default"], searched=searched).count == 0
    searched.forget()
    assert jobs_redispatch_lost(queues=["default"], searched=searched).count == 1


def test_a_search_that_ended_at_its_limit_is_not_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redispatch, "REDISPATCH_LIMIT_PER_LIST", 2)
    searched = SearchedLists()
    for _ in range(5):
        lost(LONG_AGO)
    found = [jobs_redispatch_lost(queues=["default"], searched=searched).count for _ in range(4)]
    assert found == [2, 2, 1, 0]


def test_a_search_that_another_worker_kept_from_happening_is_not_over() -> None:
    searched = SearchedLists()
    lost(LONG_AGO)
    with transaction.atomic():
        assert try_advisory_lock("redispatch")
        search = partial(jobs_redispatch_lost, queues=["default"], searched=searched)
        assert elsewhere(search).count == 0
    assert jobs_redispatch_lost(queues=["default"], searched=searched).count == 1
