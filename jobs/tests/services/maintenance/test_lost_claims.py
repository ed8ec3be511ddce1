"""A claim was committed and its answer got lost: the worker gives it back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.broker.redis import RedisBroker
from jobs.core.outcome import NotStarted
from jobs.core.states import JobState
from jobs.models import Job
from jobs.models.moments import seconds_ago
from jobs.services.maintenance.lost_claims import jobs_release_lost_claims
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, record, stored

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_a_worker_does_not_know_of_goes_back_at_no_cost(broker: RedisBroker) -> None:
    worker = make_worker()
    known, unknown = claim_one(make_job(), worker), claim_one(make_job(), worker)
    broker.forget_everything()
    assert jobs_release_lost_claims(worker_id=worker.id, known={(known.id, 1)}).count == 1
    assert stored(known).state == JobState.RUNNING
    row = stored(unknown)
    assert (row.state, row.failures, row.crashes, row.errors) == (JobState.QUEUED, 0, 0, [])
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [unknown.id]


def test_payloads_are_not_read() -> None:
    """Five hundred of them may be a hundred megabytes; PostgreSQL copies what it needs itself."""
    worker = make_worker()
    lost = claim_one(make_job(payload={"text": "large"}), worker)
    with CaptureQueriesContext(connection) as queries:
        assert jobs_release_lost_claims(worker_id=worker.id, known=set()).count == 1
    reads = [one["sql"] for one in queries if "FOR UPDATE" in one["sql"]]
    assert len(reads) == 1
    assert '"payload"' not in reads[0]
    assert stored(lost).payload["text"] == "large"


def test_the_claims_of_others_are_theirs() -> None:
    worker, other = make_worker(), make_worker()
    claim = claim_one(make_job(), other)
    assert jobs_release_lost_claims(worker_id=worker.id, known=set()).count == 0
    assert stored(claim).state == JobState.RUNNING


def test_nothing_unknown_is_no_error() -> None:
    worker = make_worker()
    claim = claim_one(make_job(), worker)
    assert jobs_release_lost_claims(worker_id=worker.id, known=[(claim.id, 1)]).count == 0


def test_an_older_attempt_of_the_same_job_does_not_hide_a_lost_one() -> None:
    worker = make_worker()
    job = make_job()
    older = claim_one(job, worker)
    record(older, NotStarted())
    newer = claim_one(job, worker)
    assert (
        jobs_release_lost_claims(worker_id=worker.id, known={(older.id, older.attempt)}).count == 1
    )
    assert stored(newer).state == JobState.QUEUED


def test_what_was_claimed_only_just_now_is_left_alone() -> None:
    worker = make_worker()
    claim = claim_one(make_job(), worker)
    assert (
        jobs_release_lost_claims(worker_id=worker.id, known=set(), older_than_seconds=5.0).count
        == 0
    )
    assert stored(claim).state == JobState.RUNNING
    Job.objects.filter(id=claim.id).update(claimed_at=seconds_ago(6.0))
    assert (
        jobs_release_lost_claims(worker_id=worker.id, known=set(), older_than_seconds=5.0).count
        == 1
    )
