"""`manage.py jobs chain`."""

import pytest

from jobs import JobRequest, chain
from jobs.core.ids import uuid7
from jobs.tests.management.conftest import Run
from jobs.tests.steps import die, succeed

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_chain_with_its_jobs(run: Run) -> None:
    first = chain([JobRequest("tests.note", {"text": f"{n}"}) for n in range(2)]).job
    printed = run("chain", first.id)
    assert (printed.status, printed.out.splitlines()[0]) == (0, "running: 0 of 2 done")
    assert "to come" in printed.out
    succeed(first)
    document = run("chain", first.id, "--json").document
    assert [one["state"] for one in document["jobs"]] == ["succeeded", "queued"]


def test_a_chain_that_has_stopped(run: Run) -> None:
    first = chain([JobRequest("tests.note", {"text": "a"})]).job
    die(first)
    printed = run("chain", first.id)
    assert printed.out.splitlines()[0] == "stopped: 0 of 1 done"
    assert "RuntimeError: failed" in printed.out


def test_an_unknown_chain_exits_with_1(run: Run) -> None:
    missing = uuid7()
    printed = run("chain", missing)
    assert (printed.status, printed.out) == (1, "")
    assert f"No chain has the id {missing}." in printed.err
