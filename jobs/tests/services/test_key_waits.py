"""A job that waits for a key is woken when the reason for its wait ends, however it ends."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from jobs.broker.redis import RedisBroker
from jobs.core.clock import HOUR_SECONDS
from jobs.core.finished import Finished
from jobs.core.outcome import Cancelled, Failed, FailedForGood, Outcome, Succeeded
from jobs.core.states import JobState
from jobs.models import Job, KeyWait
from jobs.models.moments import seconds_ago
from jobs.services import key_waits
from jobs.services.attempts import job_succeed_in_transaction, jobs_record
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_discard
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.services.short_transaction import short_transaction
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import (
    claim_one,
    error,
    fail,
    heard_now,
    interrupt,
    lose,
    record,
    start_one,
    stored,
)
from jobs.tests.violations import by_text

pytestmark = pytest.mark.django_db(transaction=True)

DAY_SECONDS = 24 * HOUR_SECONDS


@pytest.fixture
def owner() -> Job:
    return by_text()


@pytest.fixture
def rival(owner: Job) -> Job:
    return by_text()


def resolve(*jobs: Job) -> int:
    return jobs_resolve_key_conflicts(job_ids=[job.id for job in jobs])


def seconds_until_due(job: Job) -> float:
    return (stored(job).run_at - heard_now()).total_seconds()


def is_ready(job: Job, broker: RedisBroker) -> bool:
    fetched = [one.message.job_id for one in broker.fetch(["default"], 99)]
    return seconds_until_due(job) <= 0 and fetched == [job.id]


def succeed_in_its_transaction(owner: Job, rival: Job) -> None:
    claim = claim_one(owner)
    resolve(rival)
    with short_transaction():
        job_succeed_in_transaction(claim=claim)
        assert seconds_until_due(rival) > 0


def be_rescued(owner: Job, rival: Job) -> None:
    worker = make_worker()
    start_one(owner, worker)
    resolve(rival)
    lose(worker)
    jobs_rescue()


def be_discarded(owner: Job, rival: Job) -> None:
    _, letter = interrupt(owner)
    resolve(rival)
    assert seconds_until_due(rival) > 10
    dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=None)


def succeed_after_all(owner: Job, rival: Job) -> None:
    claim, _ = interrupt(owner)
    resolve(rival)
    assert record(claim, Succeeded()).written


def be_cancelled_instead_of_retried(owner: Job, rival: Job) -> None:
    claim = claim_one(owner)
    resolve(rival)
    job_cancel(job_id=owner.id)
    assert seconds_until_due(rival) > 0
    record(claim, Failed(error()))


def end_beside_others(owner: Job, rival: Job) -> None:
    claim = claim_one(owner)
    resolve(rival)
    failed = Finished(claim_one(make_job(queue="bulk")), FailedForGood(error()))
    jobs_record(finished=[failed, Finished(claim, Succeeded())])


def recorded_as(outcome: Succeeded | FailedForGood | Cancelled) -> Callable[[Job, Job], None]:
    def end(owner: Job, rival: Job) -> None:
        claim = claim_one(owner)
        resolve(rival)
        assert seconds_until_due(rival) > 0
        assert record(claim, outcome).written

    return end


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(recorded_as(Succeeded()), id="succeeded"),
        pytest.param(recorded_as(FailedForGood(error())), id="dead"),
        pytest.param(recorded_as(Cancelled()), id="stopped"),
        succeed_in_its_transaction,
        succeed_after_all,
        be_rescued,
        be_discarded,
        be_cancelled_instead_of_retried,
        end_beside_others,
    ],
)
def test_the_end_of_the_owner_wakes_what_waits_for_its_key(
    end: Callable[[Job, Job], None], owner: Job, rival: Job, broker: RedisBroker
) -> None:
    broker.forget_everything()
    end(owner, rival)
    assert is_ready(rival, broker)
    assert not KeyWait.objects.exists()


def test_what_waits_for_a_retry_that_is_cancelled_takes_over_at_once(
    owner: Job, rival: Job, broker: RedisBroker
) -> None:
    fail(owner)
    Job.objects.filter(id=owner.id).update(run_at=seconds_ago(-DAY_SECONDS))
    resolve(rival)
    assert 10 < seconds_until_due(rival) <= HOUR_SECONDS
    broker.forget_everything()
    job_cancel(job_id=owner.id)
    assert is_ready(rival, broker)
    resolve(rival)
    assert claim_one(rival).id == rival.id


def test_the_end_of_one_that_only_waited_wakes_no_other(owner: Job, rival: Job) -> None:
    third = by_text()
    start_one(owner)
    resolve(rival, third)
    until = stored(third).run_at
    job_cancel(job_id=rival.id)
    assert stored(third).run_at == until


def test_of_many_each_that_is_skipped_wakes_the_next(
    owner: Job, monkeypatch: pytest.MonkeyPatch, broker: RedisBroker
) -> None:
    monkeypatch.setattr(key_waits, "WAKE_LIMIT", 1)
    rivals = [by_text() for _ in range(4)]
    claim = claim_one(owner)
    resolve(*rivals)
    broker.forget_everything()
    record(claim, Succeeded())
    for rival in rivals:
        assert is_ready(rival, broker)
        assert resolve(rival) == 1
    assert {stored(rival).state for rival in rivals} == {JobState.SKIPPED}


def test_a_job_that_waits_for_something_else_by_now_is_left_alone(owner: Job, rival: Job) -> None:
    claim = claim_one(owner)
    resolve(rival)
    later = stored(rival).run_at + timedelta(days=1)
    Job.objects.filter(id=rival.id).update(run_at=later)
    record(claim, Succeeded())
    assert stored(rival).run_at == later


def test_a_retry_of_the_owner_is_no_end(owner: Job, rival: Job) -> None:
    claim = claim_one(owner)
    resolve(rival)
    until = stored(rival).run_at
    record(claim, Failed(error()))
    assert stored(rival).run_at == until


def test_a_later_deferral_is_what_counts(owner: Job, rival: Job, broker: RedisBroker) -> None:
    claim = claim_one(owner)
    resolve(rival)
    Job.objects.filter(id=rival.id).update(run_at=seconds_ago(1))
    resolve(rival)
    broker.forget_everything()
    record(claim, Succeeded())
    assert is_ready(rival, broker)


def test_jobs_that_are_their_own_key_ask_for_nothing() -> None:
    claims = [claim_one(make_job()) for _ in range(3)]
    ended: list[Outcome] = [Succeeded(), FailedForGood(error()), Cancelled()]
    with CaptureQueriesContext(connection) as queries:
        record(claims[0], ended[0])
        jobs_record(finished=[Finished(*pair) for pair in zip(claims[1:], ended[1:], strict=True)])
        job_cancel(job_id=make_job().id)
    asked = [one["sql"] for one in queries if "keywait" in one["sql"]]
    assert asked == []


def test_an_outcome_stands_although_nothing_could_be_woken(
    owner: Job, rival: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(name: str, **parameters: object) -> None:
        raise OperationalError("connection lost")

    claim = claim_one(owner)
    resolve(rival)
    monkeypatch.setattr(key_waits, "run", away)
    assert record(claim, Succeeded()).written
    assert stored(owner).state == JobState.SUCCEEDED
    assert "could not be woken" in caplog.text
