"""`manage.py jobs workers`."""

import pytest

from jobs.models import Event, Worker
from jobs.models.worker import WorkerRequest
from jobs.tests.factories import make_job, make_worker
from jobs.tests.management.conftest import Run
from jobs.tests.steps import claim_one, lose

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_worker_has_a_row_with_what_it_runs(run: Run) -> None:
    worker = make_worker(name="w1", async_concurrency=6)
    claim_one(make_job(), worker)
    lose(make_worker(name="gone"))
    [one] = run("workers", "--json").document
    assert (one["name"], one["state"], one["running"], one["slots"]) == ("w1", "live", 1, 10)
    assert one["oldest_seconds"] >= 0
    assert "w1" in run("workers").out
    assert "gone" not in run("workers", "list").out


@pytest.mark.parametrize("by", ["name", "id"])
def test_one_is_asked_to_drain_and_goes_on(run: Run, by: str) -> None:
    worker = make_worker(name="w1")
    named = worker.name if by == "name" else worker.id
    done = run("workers", "drain", named, "--by", "ann", "--reason", "kernel")
    assert (done.status, "takes nothing new" in done.out) == (0, True)
    assert run("workers", "--json").document[0]["state"] == "draining"
    assert run("workers", "resume", named).status == 0
    assert Worker.objects.get().request == WorkerRequest.NONE
    assert Event.objects.filter(action="worker.drained", reason="kernel").exists()


def test_what_cannot_be_asked_says_so(run: Run) -> None:
    lose(make_worker(name="gone"))
    for name in ("gone", "nobody"):
        failed = run("workers", "stop", name)
        assert (failed.status, name in failed.err) == (1, True)
    for _ in range(2):
        make_worker(name="twin")
    assert run("workers", "stop", "twin").status == 2
