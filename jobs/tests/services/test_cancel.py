"""A job is cancelled: at once while it waits, at its handler's convenience while it runs."""

from functools import partial

import pytest

from jobs.broker import get_broker
from jobs.core.errors import JobAlreadyFinal
from jobs.core.finished import Finished
from jobs.core.ids import uuid7
from jobs.core.outcome import Failed, Succeeded
from jobs.core.retry import Cancel
from jobs.core.states import FINAL_STATES, JobState
from jobs.models import Job, Worker
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.services.cancel import job_cancel
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, error, record, stored
from jobs.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("delay_seconds", [None, 3_600])
def test_a_job_that_waits_is_cancelled_for_good(delay_seconds: int | None) -> None:
    job = make_job(delay_seconds=delay_seconds)
    answer = job_cancel(job_id=job.id)
    assert answer.state == JobState.CANCELLED
    row = stored(job)
    assert row.state == JobState.CANCELLED
    assert row.finished_at is not None
    assert row.cancel_requested_at is not None
    assert jobs_claim(worker_id=make_worker().id, job_ids=[job.id]) == []


def test_a_job_that_runs_is_asked_to_stop() -> None:
    worker = make_worker()
    claim = claim_one(make_job(), worker)
    other = claim_one(make_job(), worker)
    answer = job_cancel(job_id=claim.id)
    assert answer.state == JobState.RUNNING
    assert answer.cancel_requested_at is not None
    held = [claim.id, other.id]
    assert Job.objects.cancel_requested(worker.id, held) == {claim.id}
    assert Job.objects.cancel_requested(make_worker().id, held) == set()
    assert record(claim, Succeeded()).written
    assert Job.objects.cancel_requested(worker.id, held) == set()


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_what_is_final_cannot_be_cancelled(state: JobState) -> None:
    job = make_job()
    Job.objects.filter(id=job.id).update(state=state, finished_at=job.created_at, done_by_id=job.id)
    with pytest.raises(JobAlreadyFinal, match=f"already {state.value}"):
        job_cancel(job_id=job.id)
    assert stored(job).cancel_requested_at is None


def test_a_job_that_is_not_there_cannot_be_cancelled() -> None:
    with pytest.raises(Job.DoesNotExist):
        job_cancel(job_id=uuid7())


def is_claimed(job: Job, worker: Worker) -> bool:
    return bool(jobs_claim(worker_id=worker.id, job_ids=[job.id]))


def is_cancelled(job: Job) -> bool:
    return job_cancel(job_id=job.id).state == JobState.CANCELLED


def test_of_a_claim_and_a_cancellation_at_once_both_are_seen() -> None:
    """Either it never runs, or its worker learns of the wish."""
    for _ in range(10):
        job, worker = make_job(), make_worker()
        claimed, _ = at_once(partial(is_claimed, job, worker), partial(is_cancelled, job))
        row = stored(job)
        if claimed:
            assert row.state == JobState.RUNNING
            assert Job.objects.cancel_requested(worker.id, [job.id]) == {job.id}
        else:
            assert row.state == JobState.CANCELLED


def test_a_job_whose_attempt_fails_after_the_request_is_recorded_as_cancelled() -> None:
    claim = claim_one(make_job())
    job_cancel(job_id=claim.id)
    [recorded] = jobs_record(finished=[Finished(claim, Failed(error()))])
    assert recorded.written
    assert recorded.move == Cancel()
    assert stored(claim).state == JobState.CANCELLED
    assert get_broker().depth(["default"]).delayed == 0
