"""Reports of handlers are kept, fenced by the attempt that made them."""

import pytest

from jobs.core.outcome import Failed, Succeeded
from jobs.core.progress import Progress
from jobs.models import ProgressReport
from jobs.services.progress import job_progress, progress_write
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, error, record, stored

pytestmark = pytest.mark.django_db(transaction=True)

HALF = Progress(5.0, 10.0, "half")


def test_the_last_report_is_kept() -> None:
    job = make_job()
    claim = claim_one(job)
    progress_write(reports=[(claim, HALF)])
    progress_write(reports=[(claim, Progress(6.0, None, ""))])
    assert job_progress(stored(job)) == {"done": 6.0, "total": None, "message": ""}


def test_several_jobs_are_written_together() -> None:
    claims = [claim_one(make_job()) for _ in range(3)]
    progress_write(reports=[(claim, HALF) for claim in claims])
    assert ProgressReport.objects.count() == 3


def test_nothing_is_written_for_no_reports() -> None:
    progress_write(reports=[])
    assert not ProgressReport.objects.exists()


def test_an_attempt_that_was_taken_away_writes_nothing() -> None:
    job = make_job()
    old = claim_one(job)
    record(old, Failed(error(), after_seconds=0))
    progress_write(reports=[(old, HALF)])
    assert not ProgressReport.objects.exists()
    new = claim_one(job)
    progress_write(reports=[(old, HALF), (new, Progress(1.0, None, ""))])
    assert job_progress(stored(job)) == {"done": 1.0, "total": None, "message": ""}


def test_a_new_attempt_begins_without_progress() -> None:
    job = make_job()
    claim = claim_one(job)
    progress_write(reports=[(claim, HALF)])
    record(claim, Failed(error(), after_seconds=0))
    claim_one(job)
    assert job_progress(stored(job)) is None


def test_the_last_report_of_a_job_that_has_ended_is_kept() -> None:
    job = make_job()
    claim = claim_one(job)
    record(claim, Succeeded())
    progress_write(reports=[(claim, HALF)])
    assert job_progress(stored(job)) == {"done": 5.0, "total": 10.0, "message": "half"}
