"""`manage.py jobs tail`: each change of a job is one line."""

import json
from collections.abc import Callable

import pytest

from jobs.core.ids import uuid7
from jobs.core.outcome import Succeeded
from jobs.management.output import Output
from jobs.management.subcommands import tail
from jobs.tests.factories import make_job
from jobs.tests.management.conftest import Run
from jobs.tests.steps import claim_one, die, record, succeed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def between_looks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What happens instead of the pauses, one step after the other; then a person ends it."""

    def prepare(*steps: Callable[[], object]) -> None:
        left = list(steps)

        def pause(seconds: float) -> None:
            if not left:
                raise KeyboardInterrupt
            left.pop(0)()

        monkeypatch.setattr("jobs.management.subcommands.tail.time.sleep", pause)

    return prepare


def states(out: str) -> list[str]:
    return [json.loads(line)["state"] for line in out.splitlines()]


def test_the_given_jobs_are_followed_to_their_end(
    run: Run, between_looks: Callable[..., None]
) -> None:
    job = make_job()
    claims = []
    between_looks(lambda: claims.append(claim_one(job)), lambda: record(claims[0], Succeeded()))
    printed = run("tail", job.id, "--json")
    assert printed.status == 0
    assert states(printed.out) == ["queued", "running", "succeeded"]


def test_a_job_that_does_not_succeed_makes_it_exit_with_1(run: Run) -> None:
    job = make_job()
    die(job)
    printed = run("tail", job.id)
    assert printed.status == 1
    assert "dead" in printed.out
    assert "RuntimeError: failed" in printed.out


def test_an_unknown_job_makes_it_exit_with_1(run: Run) -> None:
    done, missing = make_job(), uuid7()
    succeed(done)
    printed = run("tail", done.id, missing)
    assert printed.status == 1
    assert f"No job has the id {missing}." in printed.err


def test_new_jobs_are_shown_until_a_person_ends_it(
    run: Run, between_looks: Callable[..., None]
) -> None:
    make_job()
    new = []
    between_looks(
        lambda: new.append(make_job()),
        lambda: (make_job(queue="bulk"), succeed(new[0])),
    )
    printed = run("tail", "--queue", "default", "--json")
    assert printed.status == 0
    assert [json.loads(line)["id"] for line in printed.out.splitlines()] == [str(new[0].id)] * 2
    assert states(printed.out) == ["queued", "succeeded"]


def test_what_it_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "FOLLOWED_LIMIT", 2)
    job = make_job()
    follower = tail.Tail(Output(_Nowhere(), _Nowhere(), as_json=True))
    follower.show([job, make_job(), make_job()])
    follower.forget_oldest()
    assert len(follower.unfinished()) == 2
    assert job.id not in follower.unfinished()


class _Nowhere:
    def write(self, msg: str = "") -> None:
        pass

    def flush(self) -> None:
        pass
