"""`GET /jobs` and `GET /jobs/<id>`: who sees what, and the representation."""

from uuid import uuid4

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.core.attempt_error import error_of
from jobs.core.finished import Finished
from jobs.core.outcome import Failed, Succeeded
from jobs.core.progress import progress_of
from jobs.core.result import Result
from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.services.progress import progress_write
from jobs.tests.api.conftest import MakeDeadLetter
from jobs.tests.factories import make_job, make_worker

pytestmark = pytest.mark.django_db


def test_a_job_tells_everything_about_itself(api: APIClient, user: User) -> None:
    job = make_job(
        submitted_by_id=user.pk,
        payload={"text": "hello", "secret": "hunter2"},
        idempotency_key="k",
        max_retries=3,
    )

    body = api.get(f"/jobs/{job.pk}").json()

    assert body["payload"]["text"] == "hello"
    assert body["payload"]["secret"] == "********"
    del body["payload"], body["run_at"], body["created_at"]
    assert body == {
        "id": str(job.pk),
        "type": "tests.note",
        "queue": "default",
        "priority": 5,
        "state": "queued",
        "attempt": 0,
        "max_retries": 3,
        "idempotency_key": "k",
        "expires_at": None,
        "claimed_at": None,
        "cancel_requested_at": None,
        "cancelled_by": None,
        "submitted_by": user.username,
        "finished_at": None,
        "worker": None,
        "error": None,
        "done_by": None,
        "schedule": None,
        "batch": None,
        "callback_url": None,
        "replay_of": None,
        "chain": None,
        "callback_of": None,
        "request_id": None,
        "traceparent": None,
        "waiting_for": "a worker: no live worker serves the queue default",
        "progress": None,
        "result": None,
        "result_problem": None,
        "links": {"self": f"/jobs/{job.pk}", "cancel": f"/jobs/{job.pk}/cancel"},
    }


def test_a_running_job_names_its_worker(api: APIClient, user: User, worker: Worker) -> None:
    job = make_job(submitted_by_id=user.pk)
    jobs_claim(worker_id=worker.id, job_ids=[job.id])

    body = api.get(f"/jobs/{job.pk}").json()

    assert (body["state"], body["worker"], body["attempt"]) == ("running", worker.name, 1)
    assert body["claimed_at"]


def test_a_finished_job_whose_worker_was_pruned(api: APIClient, user: User, worker: Worker) -> None:
    job = make_job(submitted_by_id=user.pk)
    [claim] = jobs_claim(worker_id=worker.id, job_ids=[job.id])
    jobs_record(finished=[Finished(claim, Succeeded())])
    Worker.objects.all().delete()

    body = api.get(f"/jobs/{job.pk}").json()

    assert (body["state"], body["worker"]) == ("succeeded", None)
    assert body["finished_at"]


def test_a_job_that_failed_says_why_in_one_line(api: APIClient, user: User, worker: Worker) -> None:
    job = make_job(submitted_by_id=user.pk)
    [claim] = jobs_claim(worker_id=worker.id, job_ids=[job.id])
    error = error_of(RuntimeError("too\nmany\nlines"), worker.name)
    jobs_record(finished=[Finished(claim, Failed(error))])

    assert api.get(f"/jobs/{job.pk}").json()["error"] == "RuntimeError: too"


def test_a_dead_job_leads_to_its_dead_letter(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    letter = make_dead_letter(submitted_by_id=user.pk)

    body = api.get(f"/jobs/{letter.job_id}").json()

    assert body["state"] == "dead"
    assert body["links"]["failed_job"] == f"/failedJobs/{letter.pk}"
    assert api.get(body["links"]["failed_job"]).status_code == 200


def test_a_skipped_job_names_the_job_it_was_done_by(api: APIClient, user: User) -> None:
    done_by, skipped = make_job(), make_job(submitted_by_id=user.pk)
    Job.objects.filter(pk=skipped.pk).update(
        state="skipped", done_by_id=done_by.pk, finished_at=skipped.created_at
    )

    assert api.get(f"/jobs/{skipped.pk}").json()["done_by"] == str(done_by.pk)


@pytest.mark.parametrize("suffix", ["", "/"])
def test_other_peoples_jobs_are_not_there(
    api: APIClient, other_api: APIClient, staff_api: APIClient, user: User, suffix: str
) -> None:
    path = f"/jobs/{make_job(submitted_by_id=user.pk).pk}{suffix}"

    assert api.get(path).status_code == 200
    problem(other_api.get(path), 404, "not_found")
    assert staff_api.get(path).status_code == 200


def test_jobs_without_a_client_are_for_staff(api: APIClient, staff_api: APIClient) -> None:
    path = f"/jobs/{make_job().pk}"

    problem(api.get(path), 404, "not_found")
    assert staff_api.get(path).status_code == 200


@pytest.mark.parametrize("pk", [str(uuid4()), "7", "nope", "%00", "..", "é"])
def test_a_job_that_is_not_there(api: APIClient, pk: str) -> None:
    problem(api.get(f"/jobs/{pk}"), 404, "not_found")


def test_the_list_has_the_clients_own_jobs_newest_first(
    api: APIClient, staff_api: APIClient, user: User
) -> None:
    mine = [make_job(submitted_by_id=user.pk) for _ in range(3)]
    make_job()

    assert [row["id"] for row in api.get("/jobs").json()["results"]] == [
        str(job.pk) for job in reversed(mine)
    ]
    assert len(staff_api.get("/jobs").json()["results"]) == 4


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=queued", 2),
        ("state=dead", 1),
        ("state=running", 0),
        ("type=tests.note_once", 1),
        ("queue=bulk&state=queued", 1),
    ],
)
def test_filters(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter, query: str, count: int
) -> None:
    make_job(submitted_by_id=user.pk, queue="bulk")
    make_job(submitted_by_id=user.pk, type="tests.note_once")
    make_dead_letter(submitted_by_id=user.pk)

    assert len(api.get(f"/jobs?{query}").json()["results"]) == count


def test_a_job_that_succeeded_shows_its_result_masked(api: APIClient, user: User) -> None:
    job = make_job(submitted_by_id=user.pk)
    [claim] = jobs_claim(worker_id=make_worker().id, job_ids=[job.id])
    result = Result('{"id": 7, "secret": "hunter2"}')
    jobs_record(finished=[Finished(claim, Succeeded(result=result))])

    body = api.get(f"/jobs/{job.pk}").json()

    assert body["result"] == {"id": 7, "secret": "********"}
    assert body["result_problem"] is None


def test_a_running_job_shows_its_progress(api: APIClient, user: User, worker: Worker) -> None:
    job = make_job(submitted_by_id=user.pk)
    [claim] = jobs_claim(worker_id=worker.id, job_ids=[job.id])
    progress_write(reports=[(claim, progress_of(3, 10, "rows read"))])

    body = api.get(f"/jobs/{job.pk}").json()

    assert body["progress"] == {"done": 3.0, "total": 10.0, "message": "rows read"}


def test_a_list_leaves_out_what_jobs_wait_for(api: APIClient, user: User) -> None:
    make_job(submitted_by_id=user.pk)
    [job] = api.get("/jobs").json()["results"]
    assert "waiting_for" not in job


def test_ones_own_job_costs_one_query_beside_the_user(
    api: APIClient, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    job = make_job(submitted_by_id=user.pk)
    Job.objects.filter(id=job.id).update(state=JobState.CANCELLED, finished_at=Now())

    with django_assert_num_queries(2):
        assert api.get(f"/jobs/{job.pk}").status_code == 200


def test_a_list_costs_one_query_beside_the_user_and_two_for_permissions(
    api: APIClient,
    user: User,
    make_dead_letter: MakeDeadLetter,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(4):
        make_dead_letter(submitted_by_id=user.pk)

    with django_assert_num_queries(7):  # three are for the time limit
        assert len(api.get("/jobs").json()["results"]) == 4
