"""Who is let in: 401 without a valid token, whatever is called."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User
from accounts.tests.problem import problem

pytestmark = pytest.mark.django_db

ID = "01890000-0000-7000-8000-000000000000"
CALLS = [
    ("post", "/addJob"),
    ("post", "/addJobs"),
    ("get", "/jobs"),
    ("get", f"/jobs/{ID}"),
    ("patch", f"/jobs/{ID}"),
    ("get", "/failedJobs"),
    ("get", f"/failedJobs/{ID}"),
    ("post", f"/failedJobs/{ID}/replay"),
    ("post", f"/failedJobs/{ID}/discard"),
    ("post", "/failedJobs/groups/discard"),
    ("get", "/jobTypes"),
    ("get", "/jobTypes/send_email"),
    ("get", "/queues"),
    ("get", "/queues/default"),
    ("post", "/queues/default/pause"),
    ("post", "/queues/default/resume"),
    ("get", "/limits"),
    ("get", "/limits/queue:default"),
    ("put", "/limits/queue:default"),
    ("delete", "/limits/queue:default"),
    ("get", "/schedules"),
    ("post", "/schedules"),
    ("get", f"/schedules/{ID}"),
    ("patch", f"/schedules/{ID}"),
    ("delete", f"/schedules/{ID}"),
    ("post", f"/schedules/{ID}/pause"),
    ("post", f"/schedules/{ID}/resume"),
    ("post", f"/schedules/{ID}/run"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_a_token(anonymous: APIClient, method: str, path: str) -> None:
    response = getattr(anonymous, method)(path)

    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def expired(user: User) -> str:
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=-timedelta(seconds=1))
    return f"Bearer {token}"


def unsigned(user: User) -> str:
    header_and_claims, _, _ = str(AccessToken.for_user(user)).rpartition(".")
    return f"Bearer {header_and_claims}."


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (expired, "token_not_valid"),
        (unsigned, "token_not_valid"),
        (lambda user: f"Bearer {RefreshToken.for_user(user)}", "token_not_valid"),
        (lambda _: "Bearer nonsense", "token_not_valid"),
        (lambda _: "Bearer", "bad_authorization_header"),
        (lambda _: "Bearer a b", "bad_authorization_header"),
        (lambda _: "Basic cm9zZTpyb3Nl", "not_authenticated"),
    ],
    ids=["expired", "unsigned", "refresh token", "nonsense", "no token", "two", "basic"],
)
def test_with_a_token_that_is_no_good(
    anonymous: APIClient, user: User, header: Any, code: str
) -> None:
    response = anonymous.get("/jobs", HTTP_AUTHORIZATION=header(user))

    problem(response, 401, code)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_with_the_token_of_a_closed_account(api: APIClient, user: User) -> None:
    user.is_active = False
    user.save()

    problem(api.get("/jobs"), 401, "user_inactive")


def test_with_the_token_of_a_user_who_is_gone(api: APIClient, user: User) -> None:
    user.delete()

    problem(api.get("/jobs"), 401, "user_not_found")


def test_a_session_of_the_admin_is_no_token(anonymous: APIClient, staff: User) -> None:
    anonymous.force_login(staff)

    problem(anonymous.get("/jobs"), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("get", "/addJob", "POST"),
        ("put", "/addJob", "POST"),
        ("get", "/addJobs", "POST"),
        ("delete", f"/jobs/{ID}", "GET"),
        ("post", "/jobs", "GET"),
        ("post", "/failedJobs", "GET"),
        ("patch", f"/failedJobs/{ID}", "GET"),
        ("get", f"/failedJobs/{ID}/replay", "POST"),
    ],
)
def test_the_wrong_method(api: APIClient, method: str, path: str, allowed: str) -> None:
    response = getattr(api, method)(path)

    problem(response, 405, "method_not_allowed")
    assert allowed in response["Allow"]


def test_an_answer_in_another_format_cannot_be_had(api: APIClient) -> None:
    problem(api.get("/jobs", HTTP_ACCEPT="text/csv"), 406, "not_acceptable")
