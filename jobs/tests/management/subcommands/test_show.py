"""`manage.py jobs show`."""

import pytest

from jobs.core.ids import uuid7
from jobs.tests.factories import make_job, make_worker
from jobs.tests.management.conftest import Run
from jobs.tests.steps import die

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_says_what_the_job_waits_for(run: Run) -> None:
    make_worker(queues=["bulk"])
    job = make_job()
    printed = run("show", job.id)
    assert printed.status == 0
    assert "waiting for         a worker: no live worker serves the queue default" in printed.out
    assert run("show", job.id, "--json").document["waiting_for"].startswith("a worker: ")


def test_secrets_are_masked(run: Run) -> None:
    job = make_job(payload={"text": "a", "secret": "hush"})
    for printed in (run("show", job.id), run("show", job.id, "--json")):
        assert "hush" not in printed.out
        assert "********" in printed.out


def test_errors_and_the_dead_letter_are_shown(run: Run) -> None:
    job = make_job()
    letter = die(job)
    printed = run("show", job.id, "--tracebacks")
    assert "attempt 1" in printed.out
    assert "RuntimeError: failed" in printed.out
    document = run("show", job.id, "--json").document
    assert document["failed_job"] == str(letter.id)
    assert document["attempts"][0]["error"] == "RuntimeError"


def test_an_unknown_job_exits_with_1(run: Run) -> None:
    missing = uuid7()
    printed = run("show", missing)
    assert (printed.status, printed.out) == (1, "")
    assert f"No job has the id {missing}." in printed.err
