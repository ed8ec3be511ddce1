"""`POST /jobs/<id>/cancel`."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.core.actor import Actor
from jobs.models import Event, Worker
from jobs.services.attempts import jobs_claim
from jobs.services.cancel import job_cancel
from jobs.tests.factories import allow, make_job, make_user

pytestmark = pytest.mark.django_db


def test_a_queued_job_is_cancelled_for_good(api: APIClient, user: User) -> None:
    job = make_job(submitted_by_id=user.pk)
    response = api.post(f"/jobs/{job.pk}/cancel")
    assert response.status_code == 202
    assert response.json()["state"] == "cancelled"
    assert response.json()["cancelled_by"] == response.json()["submitted_by"] == user.username
    assert "cancel" not in response.json()["links"]
    problem(api.post(f"/jobs/{job.pk}/cancel"), 409, "already_final")


def test_the_event_says_why(api: APIClient, user: User) -> None:
    job = make_job(submitted_by_id=user.pk)
    problem(api.post(f"/jobs/{job.pk}/cancel", {"why": "a typo"}, format="json"), 400, "invalid")
    answer = api.post(f"/jobs/{job.pk}/cancel", {"reason": "a typo"}, format="json")
    assert answer.status_code == 202
    assert Event.objects.get(action="job.cancelled").reason == "a typo"


def test_a_running_job_is_asked_to_stop(api: APIClient, user: User, worker: Worker) -> None:
    job = make_job(submitted_by_id=user.pk)
    jobs_claim(worker_id=worker.id, job_ids=[job.id])
    body = api.post(f"/jobs/{job.pk}/cancel/").json()
    assert body["state"] == "running"
    assert body["cancel_requested_at"]


def test_other_peoples_jobs_take_a_permission(staff_api: APIClient, staff: User) -> None:
    job = make_job(submitted_by_id=make_user().pk)
    body = problem(staff_api.post(f"/jobs/{job.pk}/cancel"), 403, "permission_denied")
    assert "jobs.cancel_job" in body["detail"]
    job.refresh_from_db()
    assert job.state == "queued"

    allow(staff, "cancel_job")
    assert staff_api.post(f"/jobs/{job.pk}/cancel").json()["cancelled_by"] == staff.username


def test_the_name_of_who_cancelled_first_stays(api: APIClient, user: User, worker: Worker) -> None:
    job = make_job(submitted_by_id=user.pk)
    jobs_claim(worker_id=worker.id, job_ids=[job.id])
    job_cancel(job_id=job.id, actor=Actor(name="rose"))
    assert api.post(f"/jobs/{job.pk}/cancel").json()["cancelled_by"] == "rose"
    user.delete()
    job.refresh_from_db()
    assert job.cancelled_by == "rose"


def test_other_peoples_jobs_are_not_there(api: APIClient) -> None:
    job = make_job(submitted_by_id=make_user().pk)
    problem(api.post(f"/jobs/{job.pk}/cancel"), 404, "not_found")
    problem(api.post("/jobs/no-such-id/cancel"), 404, "not_found")
