"""`manage.py jobs cancel` and `replay`: a decision about each id, by the services of the API."""

import pytest

from jobs.core.ids import uuid7
from jobs.core.states import JobState, Resolution
from jobs.models import DeadLetter, Event
from jobs.tests.factories import make_job, make_user
from jobs.tests.management.conftest import Run
from jobs.tests.steps import claim_one, die, stored, succeed

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_queued_job_is_cancelled_in_the_name_given(run: Run) -> None:
    job = make_job()
    printed = run("cancel", job.id, "--by", "ann")
    assert (printed.status, printed.out) == (0, f"{job.id}  cancelled\n")
    assert (stored(job).state, stored(job).cancelled_by) == (JobState.CANCELLED, "ann")


def test_a_running_job_is_asked_to_stop(run: Run) -> None:
    job = make_job()
    claim_one(job)
    assert run("cancel", job.id).out == f"{job.id}  asked to stop\n"
    assert stored(job).cancelled_by  # the shell's user


def test_the_others_are_cancelled_although_one_fails(run: Run) -> None:
    done, job, missing = make_job(), make_job(), uuid7()
    succeed(done)
    printed = run("cancel", done.id, missing, job.id)
    assert printed.status == 1
    assert f"{done.id}  already succeeded" in printed.err
    assert f"{missing}  no such job" in printed.err
    assert stored(job).state == JobState.CANCELLED


def test_a_dead_letter_is_replayed_by_its_id_or_by_that_of_its_job(run: Run) -> None:
    first, second = make_job(), make_job()
    letter = die(first)
    die(second)
    printed = run("replay", letter.id, second.id, "--by", "ann", "--json")
    assert printed.status == 0
    assert [one["result"] for one in printed.document] == ["replayed", "replayed"]
    assert {stored(first).state, stored(second).state} == {JobState.QUEUED}
    decided = DeadLetter.objects.values_list("resolution", "resolved_by_name")
    assert set(decided) == {(Resolution.REPLAYED, "ann")}


def test_the_event_has_who_and_why(run: Run) -> None:
    ann = make_user(username="ann")
    job, other = make_job(), make_job()
    assert run("cancel", job.id, "--by", "ann", "--reason", "not needed").status == 0
    assert run("cancel", other.id, "--by", "bob").status == 0
    said = Event.objects.order_by("id").values_list("actor_id", "actor_name", "reason")
    assert list(said) == [(str(ann.pk), "ann", "not needed"), ("", "bob", "")]


def test_what_is_not_dead_is_not_replayed(run: Run) -> None:
    job, missing = make_job(), uuid7()
    letter = die(make_job())
    assert run("replay", letter.id).status == 0
    printed = run("replay", job.id, missing, letter.id)
    assert printed.status == 1
    assert f"{job.id}  not dead, but queued" in printed.err
    assert f"{missing}  no such dead letter and no such job" in printed.err
    assert f"{letter.id}  already replayed" in printed.err
