"""Chains: each job follows the success of the one before it, once, and is given its result."""

import pytest
from django.db import transaction

from jobs import JobRequest, chain
from jobs.core.batch_errors import ChainTooLong
from jobs.core.errors import PayloadInvalid
from jobs.core.outcome import Succeeded
from jobs.core.result import Result
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_replay
from jobs.tests.steps import claim_one, die, fail, interrupt, make_due, record, stored, succeed

pytestmark = pytest.mark.django_db(transaction=True)


def notes(count: int) -> list[JobRequest]:
    return [JobRequest("tests.note", {"text": f"note {number}"}) for number in range(count)]


def newest() -> Job:
    return Job.objects.order_by("-id")[0]


def texts() -> list[str]:
    return [job.payload["text"] for job in Job.objects.order_by("id")]


def test_the_next_job_follows_a_success_and_gets_its_result() -> None:
    first = chain(notes(3)).job
    assert texts() == ["note 0"]
    assert claim_one(first).told_to_handler["previous_result"] is None
    Job.objects.filter(id=first.id).update(state=JobState.QUEUED, finished_at=None)
    result = Result('{"rows": 7}')
    assert record(claim_one(first), Succeeded(result=result)).written
    assert texts() == ["note 0", "note 1"]
    claim = claim_one(newest())
    assert claim.told_to_handler["previous_result"] == {"rows": 7}
    assert record(claim, Succeeded()).written
    last = newest()
    assert last.given == {
        "chain": {"id": str(first.id), "position": 3, "total": 3},
        "previous_result": None,
    }
    succeed(last)
    assert texts() == ["note 0", "note 1", "note 2"]


def test_it_follows_once() -> None:
    claim = claim_one(chain(notes(2)).job)
    assert record(claim, Succeeded()).written
    assert not record(claim, Succeeded()).written
    assert texts() == ["note 0", "note 1"]


def test_a_failure_is_retried_first_and_a_dead_job_stops_the_chain_until_it_is_replayed() -> None:
    first = chain(notes(2)).job
    fail(first)
    letter = die(first)
    assert texts() == ["note 0"]
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    make_due(first)
    succeed(first)
    assert texts() == ["note 0", "note 1"]


def test_a_late_success_goes_on() -> None:
    first = chain([JobRequest("tests.note_once", {"text": "a"}), *notes(1)]).job
    claim, _ = interrupt(first)
    assert texts() == ["a"]
    assert record(claim, Succeeded()).written
    assert texts() == ["a", "note 0"]


def test_a_cancelled_job_ends_the_chain() -> None:
    first = chain(notes(2)).job
    job_cancel(job_id=first.id)
    assert stored(first).state == JobState.CANCELLED
    assert texts() == ["note 0"]


def test_all_jobs_are_checked_first() -> None:
    with pytest.raises(PayloadInvalid):
        chain([*notes(2), JobRequest("tests.note", {})])
    with pytest.raises(ChainTooLong, match="1 to 100"):
        chain([])
    with pytest.raises(ChainTooLong, match="this one has 101"):
        chain(notes(101))
    assert texts() == []


def test_inside_a_transaction_it_exists_with_the_commit() -> None:
    with transaction.atomic():
        chain(notes(2))
        transaction.set_rollback(True)
    assert texts() == []


def test_options_of_a_job_are_kept() -> None:
    first = chain([*notes(1), notes(1)[0]._replace(priority=9, queue="bulk", delay_seconds=60)])
    succeed(first.job)
    job = newest()
    assert (job.priority, job.queue) == (9, "bulk")
    assert (job.run_at - job.created_at).total_seconds() == 60
