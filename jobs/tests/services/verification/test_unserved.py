"""The verifier names what no live worker can run, and calls none of it broken."""

from collections.abc import Callable

import pytest

from jobs.core.actor import Actor
from jobs.models import Job, Worker
from jobs.services.queues import queue_pause
from jobs.services.verification.report import jobs_verify
from jobs.services.verification.unserved import unserved_check
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, lose, silence

pytestmark = pytest.mark.django_db(transaction=True)


def of_unknown_type() -> Job:
    job = make_job()
    Job.objects.filter(id=job.id).update(type="tests.gone")
    return job


def test_what_a_live_worker_can_run_is_not_named() -> None:
    make_worker()
    make_job()
    claim_one(make_job(queue="bulk"))
    check = unserved_check()
    assert (check.rows, check.violations, check.notes) == (1, 0, "")


def test_a_type_that_no_live_worker_knows_is_named() -> None:
    make_worker()
    of_unknown_type()
    of_unknown_type()
    assert unserved_check().notes == "no live worker knows the type tests.gone (2 queued)"


@pytest.mark.parametrize("end", [lose, silence])
def test_a_worker_that_is_gone_serves_nothing(
    end: Callable[[Worker], None], short_timeout: float
) -> None:
    worker = make_worker(queues=["bulk"])
    make_worker(queues=["default"])
    end(worker)
    make_job(queue="bulk")
    assert unserved_check().notes == "no live worker serves the queue bulk (1 queued)"


def test_a_type_that_only_workers_of_other_queues_know_is_named() -> None:
    make_worker(queues=["bulk"])
    here = make_worker(queues=["default"])
    Worker.objects.filter(id=here.id).update(types=["other"])
    make_job()
    assert unserved_check().notes == (
        "no live worker of the queue default knows the type tests.note (1 queued)"
    )


def test_a_worker_of_a_release_that_does_not_say_may_know_every_type() -> None:
    worker = make_worker()
    Worker.objects.filter(id=worker.id).update(types=None)
    of_unknown_type()
    assert unserved_check().notes == ""


def test_without_any_worker_the_queue_is_named_and_nothing_is_broken() -> None:
    make_job()
    report = jobs_verify()
    assert report.is_clean
    [check] = [one for one in report.checks if one.name == "unserved"]
    assert check.notes == "no live worker serves the queue default (1 queued)"


def test_of_very_many_the_first_are_named() -> None:
    make_worker()
    for number in range(12):
        Job.objects.filter(id=make_job().id).update(type=f"gone.{number:02}")
    notes = unserved_check().notes.split("; ")
    assert len(notes) == 11
    assert notes[-1] == "and 2 more"


def test_a_paused_queue_is_named_with_its_reason_rather_than_its_workers() -> None:
    make_worker(queues=["default"])
    make_job(queue="bulk")
    queue_pause(name="bulk", actor=Actor("7", "ann"), reason="migration")
    assert unserved_check().notes == "the queue bulk is paused by ann: migration (1 queued)"
