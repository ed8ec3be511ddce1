"""`expires_at` and `expires_in` over REST."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.core.states import JobState
from jobs.models import Job
from jobs.models.moments import seconds_ago
from jobs.services.maintenance.expire import jobs_expire_overdue

pytestmark = pytest.mark.django_db

NOTE = {"type": "tests.note", "payload": {"text": "a"}}


def written(**ahead: float) -> str:
    return f"{timezone.now() + timedelta(**ahead):%Y-%m-%dT%H:%M:%SZ}"


def test_a_job_says_when_it_expires(api: APIClient) -> None:
    at = written(hours=2)
    job = api.get(api.post("/addJob", {**NOTE, "expires_at": at, "delay": 5})["Location"]).json()
    assert job["expires_at"] == at
    job = api.get(api.post("/addJob", {**NOTE, "expires_in": 60})["Location"]).json()
    assert job["expires_at"] > job["created_at"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"expires_in": 0}, "/expires_in"),
        ({"expires_in": -5}, "/expires_in"),
        ({"expires_in": "soon"}, "/expires_in"),
        ({"expires_at": "2020-01-31T09:00:00Z"}, "/expires_at"),
        ({"expires_at": "2030-01-31T09:00:00"}, "/expires_at"),
        ({"expires_in": 30, "delay": 60}, "/expires_in"),
        ({"expires_in": 30, "expires_at": "2030-01-31T09:00:00Z"}, "/expires_in"),
    ],
)
def test_what_makes_no_sense_is_refused(api: APIClient, body: dict[str, Any], pointer: str) -> None:
    said = problem(api.post("/addJob", {**NOTE, **body}), 400, "invalid")
    assert said["errors"][0]["pointer"] == pointer
    assert not Job.objects.exists()


def test_an_expired_job_is_seen_and_its_key_explains(api: APIClient, user: User) -> None:
    body = {**NOTE, "expires_in": 60, "idempotency_key": "k"}
    path = api.post("/addJob", body)["Location"]
    Job.objects.update(expires_at=seconds_ago(1))
    assert jobs_expire_overdue().count == 1
    assert api.get(path).json()["state"] == JobState.EXPIRED
    assert api.get("/jobs?state=expired").json()["results"][0]["finished_at"]
    again = api.post("/addJob", body).json()
    assert (again["duplicate"], again["state"]) == (True, "expired")
    assert "will not run" in again["detail"]
    problem(api.post(f"{path}/cancel"), 409, "already_final")
    problem(api.patch(path, {"priority": 9}), 409, "already_started")
