"""`PATCH /jobs/<id>`: who may, what is refused, and what follows."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.models import Event, Job, Worker
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import allow, make_job, make_user
from jobs.tests.steps import claim_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(user: User) -> Job:
    return make_job(submitted_by_id=user.pk)


def test_a_client_edits_a_job_of_its_own(api: APIClient, user: User, job: Job) -> None:
    run_at = f"{timezone.now() + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
    body = {"priority": 9, "queue": "bulk", "run_at": run_at, "reason": "later"}

    response = api.patch(f"/jobs/{job.pk}", {"payload": {"text": "b", "secret": "x"}, **body})

    assert response.status_code == 200
    edited = response.json()
    assert (edited["priority"], edited["queue"], edited["run_at"]) == (
        9,
        "bulk",
        run_at,
    )
    assert edited["payload"]["text"] == "b"
    assert edited["payload"]["secret"] == "********"
    event = Event.objects.about("job", job.pk).get()
    assert (event.actor_name, event.reason) == (user.username, "later")
    assert event.request_id


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "invalid", ""),
        ({"reason": "why"}, "invalid", ""),
        ({"priority": None}, "invalid", ""),
        ({"priority": 10}, "invalid", "/priority"),
        ({"run_at": "2030-01-31T09:00:00"}, "invalid", "/run_at"),
        ({"run_at": "2020-01-31T09:00:00Z", "delay": 5}, "invalid", "/delay"),
        ({"type": "tests.note_once"}, "invalid", "/type"),
        ({"max_retries": 1}, "invalid", "/max_retries"),
        ({"idempotency_key": "k"}, "invalid", "/idempotency_key"),
        ({"queue": "nowhere"}, "unknown_queue", "/queue"),
        ({"payload": {}}, "invalid_payload", "/payload/text"),
        ([], "invalid", ""),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    api: APIClient, job: Job, body: Any, code: str, pointer: str
) -> None:
    said = problem(api.patch(f"/jobs/{job.pk}", body), 400, code)
    assert said["errors"][0]["pointer"] == pointer
    before = (job.priority, job.queue, job.payload)
    job.refresh_from_db()
    assert (job.priority, job.queue, job.payload) == before


def test_a_started_job_is_a_conflict(api: APIClient, job: Job, worker: Worker) -> None:
    claim_one(job, worker)
    said = problem(api.patch(f"/jobs/{job.pk}", {"priority": 9}), 409, "already_started")
    assert said["detail"] == ("Only a job that has not started can be edited; this one is running.")


def test_jobs_of_others_take_a_permission(job: Job) -> None:
    other = make_user()
    problem(client_of(other).patch(f"/jobs/{job.pk}", {"priority": 9}), 404, "not_found")
    allow(other, "view_job")
    problem(client_of(other).patch(f"/jobs/{job.pk}", {"priority": 9}), 403, "permission_denied")
    allow(other, "change_job")
    assert client_of(other).patch(f"/jobs/{job.pk}", {"priority": 9}).status_code == 200
