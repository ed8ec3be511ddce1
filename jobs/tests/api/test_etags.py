"""`ETag`, `If-None-Match` and `If-Match`: pollers get news alone, and no edit undoes another."""

from typing import Any

import pytest
from django.db.models import F
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.core.finished import Finished
from jobs.core.outcome import Succeeded
from jobs.core.progress import progress_of
from jobs.core.result import Result
from jobs.models import Event, Job, Schedule
from jobs.services.attempts import jobs_record
from jobs.services.cancel import job_cancel
from jobs.services.progress import progress_write
from jobs.services.queues import queue_pause, queue_resume
from jobs.tests.api.conftest import MakeDeadLetter, client_of
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.steps import claim_one

pytestmark = pytest.mark.django_db

NOTE = {"type": "tests.note", "payload": {"text": "hello"}}


@pytest.fixture
def job(user: User) -> Job:
    return make_job(submitted_by_id=user.pk)


def path_of(job: Job) -> str:
    return f"/jobs/{job.pk}"


def etag(api: APIClient, path: str) -> str:
    tag = api.get(path)["ETag"]
    assert tag.startswith('W/"')
    assert tag.endswith('"')
    return str(tag)


def poll(api: APIClient, path: str, tag: str) -> Any:
    return api.get(path, headers={"If-None-Match": tag})


def test_a_poller_that_has_it_gets_no_body(api: APIClient, job: Job) -> None:
    tag = etag(api, path_of(job))

    for sent in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        answer = poll(api, path_of(job), sent)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer["ETag"] == tag
    for sent in ('"other"', tag.strip('W/"'), "", 'W/"."'):
        assert poll(api, path_of(job), sent).status_code == 200


def test_it_is_another_as_soon_as_anything_that_is_shown_is(api: APIClient, job: Job) -> None:
    seen = [etag(api, path_of(job))]

    def changed() -> bool:
        assert poll(api, path_of(job), seen[-1]).status_code == 200
        seen.append(etag(api, path_of(job)))
        return len(set(seen)) == len(seen)

    worker = make_worker()
    assert changed()  # it waits for a worker, and for none that is missing
    queue_pause(name="default", reason="why")
    assert changed()
    queue_pause(name="default", reason="another")
    assert changed()
    queue_resume(name="default")
    claim = claim_one(job)
    assert changed()
    progress_write(reports=[(claim, progress_of(1, 3, ""))])
    assert changed()
    progress_write(reports=[(claim, progress_of(2, 3, ""))])
    assert changed()
    job_cancel(job_id=job.pk)
    assert changed()
    jobs_record(finished=[Finished(claim, Succeeded(result=Result('{"id": 7}')))])
    assert changed()
    assert poll(api, path_of(job), seen[-1]).status_code == 304
    assert worker.name


def test_dead_letters_have_one(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    path = f"/failedJobs/{make_dead_letter().pk}"

    assert poll(staff_api, path, etag(staff_api, path)).status_code == 304


def test_an_edit_of_what_was_seen_is_done(api: APIClient, job: Job) -> None:
    tag = etag(api, path_of(job))

    edited = api.patch(path_of(job), {"priority": 9}, headers={"If-Match": tag})

    assert edited.status_code == 200
    assert edited["ETag"] == etag(api, path_of(job)) != tag
    again = api.patch(path_of(job), {"priority": 1}, headers={"If-Match": edited["ETag"]})
    assert again.status_code == 200


def test_an_edit_of_what_has_changed_since_is_refused(api: APIClient, job: Job) -> None:
    tag = etag(api, path_of(job))
    Job.objects.filter(pk=job.pk).update(priority=F("priority") + 1)

    for sent in (tag, '"other"', "", "nonsense"):
        refused = api.patch(path_of(job), {"priority": 9}, headers={"If-Match": sent})
        problem(refused, 412, "precondition_failed")
    job.refresh_from_db()
    assert job.priority == 6
    assert not Event.objects.exists()
    taken = api.patch(path_of(job), {"priority": 9}, headers={"If-Match": "*"})
    assert taken.status_code == 200


def test_what_changes_by_itself_does_not_stand_in_the_way_of_an_edit(
    api: APIClient, job: Job
) -> None:
    tag = etag(api, path_of(job))
    queue_pause(name="default", reason="it waits for something else now")
    assert etag(api, path_of(job)) != tag

    edited = api.patch(path_of(job), {"priority": 9}, headers={"If-Match": tag})

    assert edited.status_code == 200


def test_a_refused_edit_may_be_sent_again_with_the_same_key(api: APIClient, job: Job) -> None:
    headers = {"Idempotency-Key": "k", "If-Match": '"other"'}
    problem(api.patch(path_of(job), {"priority": 9}, headers=headers), 412, "precondition_failed")

    headers["If-Match"] = etag(api, path_of(job))
    assert api.patch(path_of(job), {"priority": 9}, headers=headers).status_code == 200


def test_a_setting_makes_it_a_duty(settings: Settings, user: User, job: Job) -> None:
    api = client_of(make_user(is_superuser=True))
    assert api.patch(path_of(job), {"priority": 9}).status_code == 200
    schedule = api.post("/schedules", {"name": "s", "every_seconds": 60, **NOTE})
    settings.JOBS_IF_MATCH_REQUIRED = True

    path = schedule["Location"]
    problem(api.patch(path_of(job), {"priority": 1}), 428, "precondition_required")
    problem(api.patch(path, {"priority": 1}), 428, "precondition_required")
    problem(api.delete(path), 428, "precondition_required")
    assert api.post(f"{path_of(job)}/cancel", {}).status_code == 202
    assert api.delete(path, headers={"If-Match": schedule["ETag"]}).status_code == 204


def test_schedules(api: APIClient) -> None:
    api = client_of(make_user(is_superuser=True))
    path = api.post("/schedules", {"name": "s", "every_seconds": 60, **NOTE})["Location"]
    tag = etag(api, path)

    assert poll(api, path, tag).status_code == 304
    Schedule.objects.update(failures=3, error="odd")
    assert poll(api, path, tag).status_code == 200
    edited = api.patch(path, {"priority": 1}, headers={"If-Match": tag})
    assert edited.status_code == 200
    stale = {"If-Match": tag}
    problem(api.patch(path, {"priority": 2}, headers=stale), 412, "precondition_failed")
    problem(api.delete(path, headers=stale), 412, "precondition_failed")
    assert Schedule.objects.get().priority == 1
    assert api.delete(path, headers={"If-Match": edited["ETag"]}).status_code == 204


def test_queues(api: APIClient) -> None:
    api = client_of(make_user(is_superuser=True))
    for path in ("/queues", "/queues/bulk"):
        tag = etag(api, path)

        assert poll(api, path, tag).status_code == 304
        make_job(queue="bulk")
        assert poll(api, path, tag).status_code == 200
        Job.objects.all().delete()
        assert poll(api, path, tag).status_code == 304
        api.post("/queues/bulk/pause", {"reason": path})
        assert poll(api, path, tag).status_code == 200
        api.post("/queues/bulk/resume")
