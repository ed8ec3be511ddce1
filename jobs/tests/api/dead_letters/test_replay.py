"""`POST /failedJobs/<id>/replay`: who may, and what follows."""

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.core.states import JobState
from jobs.models import Job
from jobs.tests.api.conftest import MakeDeadLetter
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db


def allow_replay(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="replay_deadletter"))


def test_a_replay_puts_the_job_back(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow_replay(user)
    letter = make_dead_letter(submitted_by_id=user.pk)

    response = api.post(f"/failedJobs/{letter.pk}/replay")

    assert response.status_code == 202
    assert response["Location"] == f"/jobs/{letter.job_id}"
    assert response.json()["resolution"] == "replayed"
    assert response.json()["resolved_at"]
    assert Job.objects.get(pk=letter.job_id).state == JobState.QUEUED
    letter.refresh_from_db()
    assert letter.resolved_by_id == user.pk


def test_a_second_replay_is_a_conflict(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow_replay(user)
    path = f"/failedJobs/{make_dead_letter(submitted_by_id=user.pk).pk}/replay"
    assert api.post(path).status_code == 202

    body = problem(api.post(path), 409, "already_resolved")

    assert "already replayed" in body["detail"]


def test_a_replay_needs_the_right(
    api: APIClient, staff_api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    letter = make_dead_letter(submitted_by_id=user.pk)

    for client in (api, staff_api):
        body = problem(client.post(f"/failedJobs/{letter.pk}/replay"), 403, "permission_denied")
        assert "jobs.replay_deadletter" in body["detail"]

    letter.refresh_from_db()
    assert letter.resolution == ""


def test_the_right_does_not_reach_other_peoples_dead_letters(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow_replay(user)
    letter = make_dead_letter(submitted_by_id=make_user().pk)

    problem(api.post(f"/failedJobs/{letter.pk}/replay"), 404, "not_found")


def test_staff_with_the_right_replays_everybodys(
    staff_api: APIClient, staff: User, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow_replay(staff)
    letter = make_dead_letter(submitted_by_id=user.pk)

    assert staff_api.post(f"/failedJobs/{letter.pk}/replay/").status_code == 202
