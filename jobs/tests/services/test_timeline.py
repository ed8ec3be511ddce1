"""The timeline of a job: everything that happened, in the order of time."""

from typing import Any

import pytest

from jobs.core.actor import Actor
from jobs.core.outcome import Failed, Succeeded
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.timeline import TimelineEntry, job_timeline
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.steps import claim_one, die, error, make_due, record, start_one, stored, succeed

pytestmark = pytest.mark.django_db(transaction=True)

ANN = Actor("7", "ann")


def whats(entries: list[TimelineEntry]) -> list[str]:
    return [one.what for one in entries]


def fail_after(job: Job, seconds: float) -> None:
    """A failed attempt as a worker records it, which had its slot for so long."""
    claim = claim_one(job)
    record(claim, Failed({**error("no answer"), "seconds": seconds, "traceback": "Traceback x"}))


def test_a_job_that_succeeds() -> None:
    user, worker = make_user(username="rose"), make_worker(name="w1")
    job = make_job(submitted_by_id=user.pk)
    record(start_one(job, worker), Succeeded())
    entries = job_timeline(stored(job))
    assert whats(entries)[:3] == ["accepted", "dispatched", "claimed"]
    assert entries[-1].what == "succeeded"
    assert entries[-1].seconds is not None
    assert entries[0].text == "accepted from rose"
    assert "attempt 1 on worker w1" in entries[2].text
    assert entries == sorted(entries, key=lambda one: one.at)


def test_each_failed_attempt_has_its_duration_its_beginning_and_its_error() -> None:
    job = make_job()
    fail_after(job, 1.5)
    make_due(job)
    fail_after(job, 0.5)
    entries = [one for one in job_timeline(stored(job)) if one.attempt is not None]
    failed = [one for one in entries if one.what == "failed"]
    assert [(one.attempt, one.seconds) for one in failed] == [(1, 1.5), (2, 0.5)]
    assert "RuntimeError: no answer" in failed[0].text
    [began] = [one for one in entries if one.what == "started" and one.attempt == 1]
    assert (failed[0].at - began.at).total_seconds() == pytest.approx(1.5)


@pytest.mark.parametrize("may", [True, False])
def test_tracebacks_are_for_those_who_may_see_them(may: bool) -> None:
    job = make_job()
    fail_after(job, 1.0)
    [failed] = [
        one for one in job_timeline(stored(job), with_tracebacks=may) if one.what == "failed"
    ]
    assert failed.traceback == ("Traceback x" if may else None)


def test_what_people_did_is_told_with_the_reason_to_those_who_may_see_it() -> None:
    job = make_job()
    letter = die(job)
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None, actor=ANN, reason="mended")
    job_cancel(job_id=job.id, actor=ANN, reason="not needed")
    entries = job_timeline(stored(job), with_events=True)
    told = {one.what: one for one in entries}
    assert "given up" in told["dead"].text
    assert (told["replayed"].reason, "ann" in told["replayed"].text) == ("mended", True)
    assert "not needed" in [one.reason for one in entries]
    without = job_timeline(stored(job))
    assert not any("ann" in one.text for one in without if one.what == "replayed")
    assert {one.reason for one in without} == {""}


def test_a_job_that_waits_for_its_moment_is_not_dispatched_yet() -> None:
    assert whats(job_timeline(make_job(delay_seconds=600))) == ["accepted"]


def test_a_skipped_job_names_the_one_that_had_done_it() -> None:
    doer, job = succeed(make_job()), make_job()
    Job.objects.filter(id=job.id).update(
        state=JobState.SKIPPED, done_by_id=doer.id, finished_at=job.created_at
    )
    assert str(doer.id) in job_timeline(stored(job))[-1].text


def test_it_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    job = make_job()
    die(job)
    with django_assert_max_num_queries(5):
        job_timeline(stored(job), with_events=True, with_tracebacks=True)
