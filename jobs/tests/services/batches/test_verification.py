"""`verify_jobs` compares the counters of batches with the rows, `--repair` puts them right."""

import pytest
from django.db.models.functions import Now

from jobs import JobRequest, batch
from jobs.models import Batch, Job
from jobs.models.moments import seconds_ago
from jobs.services.maintenance.prune import jobs_prune
from jobs.services.maintenance.repair import jobs_repair
from jobs.services.verification.database import database_checks
from jobs.tests.steps import succeed
from jobs.tests.violations import found

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = JobRequest("tests.note", {"text": "a"})
YEAR_SECONDS = 366 * 86_400


def made() -> Batch:
    """A batch of two jobs, of which one has succeeded."""
    one = batch([NOTE, NOTE], on_success=NOTE, on_completion=NOTE).progress()
    succeed(Job.objects.filter(batch_id=one.id).order_by("id")[0])
    return one


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"succeeded": 0}, "its counters are not those of its jobs"),
        ({"succeeded": 0, "failed": 1}, "its counters are not those of its jobs"),
        ({"total": 1}, "it has 2 jobs, but a total of 1"),
        ({"failed": 5}, "it counts more ends than it has jobs"),
    ],
)
def test_wrong_counters_are_found_and_put_right(wrong: dict[str, int], said: str) -> None:
    one = made()
    assert found(database_checks()) == {}
    Batch.objects.filter(id=one.id).update(**wrong)
    [check] = [check for check in database_checks() if check.violations]
    assert said in check.examples[0]
    assert jobs_repair().batches_counted == 1
    assert found(database_checks()) == {}
    assert Batch.objects.get().succeeded == 1


def test_a_batch_that_was_not_completed_is_completed_once() -> None:
    one = made()
    Job.objects.filter(batch_id=one.id, state="queued").update(state="dead", finished_at=Now())
    assert jobs_repair().batches_counted == 1
    assert jobs_repair().batches_counted == 0
    batch_now = Batch.objects.get()
    assert (batch_now.succeeded, batch_now.failed, batch_now.state) == (1, 1, "completed")
    assert Job.objects.filter(given__batch__isnull=False).count() == 1


def test_a_batch_is_pruned_when_its_jobs_are() -> None:
    one = made()
    succeed(Job.objects.filter(batch_id=one.id, state="queued").get())
    Batch.objects.update(completed_at=seconds_ago(YEAR_SECONDS))
    jobs_prune()
    assert Batch.objects.exists()
    Job.objects.filter(batch_id=one.id).delete()
    assert found(database_checks()) == {}  # jobs that were pruned are still counted
    jobs_prune()
    assert not Batch.objects.exists()
