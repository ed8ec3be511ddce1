"""Tokens end with what they stand for: a password, a log-in, a session."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.checked_tokens import checked_tokens
from accounts.models import LoginSession, User
from accounts.services.sessions import PRUNE_LIMIT, session_start
from accounts.tests.conftest import PASSWORD, Post
from accounts.tests.problem import problem

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "narrow-river-43"


def call(access: object, method: str = "get", path: str = "/jobs") -> Any:
    return getattr(APIClient(HTTP_AUTHORIZATION=f"Bearer {access}"), method)(path)


def by_the_model(user: User) -> None:
    user.set_password(NEW_PASSWORD)
    user.save()


def by_sql(user: User) -> None:
    """As another process would: nothing in this one hears of it."""
    User.objects.filter(pk=user.pk).update(password=make_password(NEW_PASSWORD))
    checked_tokens.clear()


def by_the_admin(user: User) -> None:
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))
    changed = admin.post(
        f"/admin/accounts/user/{user.pk}/password/",
        {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"},
    )
    assert changed.status_code == 302


@pytest.mark.parametrize("change", [by_the_model, by_sql, by_the_admin])
def test_a_change_of_password_ends_every_token(
    post: Post, user: User, change: Callable[[User], None]
) -> None:
    pair = post("/login", {"username": "rose", "password": PASSWORD}).json()
    made = AccessToken.for_user(user)
    assert [call(each).status_code for each in (pair["access"], made)] == [200, 200]

    change(user)

    problem(call(pair["access"]), 401, "token_not_valid")
    problem(call(made), 401, "token_not_valid")
    problem(post("/refreshToken", {"refresh": pair["refresh"]}), 401, "token_not_valid")
    anew = post("/login", {"username": "rose", "password": NEW_PASSWORD}).json()
    assert call(anew["access"]).status_code == 200


def test_log_out_everywhere_ends_every_token_and_the_sessions_of_the_admin(
    post: Post, user: User
) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    first, second = session_start(user=user), session_start(user=user)
    made = AccessToken.for_user(user)
    admin = Client()
    admin.force_login(User.objects.get(pk=user.pk))
    assert admin.get("/admin/").status_code == 200
    for token in (first.access, second.access, made):
        assert call(token).status_code == 200

    response = call(first.access, "post", "/logoutEverywhere")

    assert (response.status_code, response.content) == (204, b"")
    for token in (first.access, second.access, made):
        problem(call(token), 401, "token_not_valid")
    for pair in (first, second):
        problem(post("/refreshToken", {"refresh": str(pair.refresh)}), 401, "token_not_valid")
    assert admin.get("/admin/").status_code == 302
    assert call(session_start(user=user).access).status_code == 200


def test_others_stay_logged_in(user: User) -> None:
    others = session_start(user=User.objects.create_user("iris", password=PASSWORD)).access
    call(session_start(user=user).access, "post", "/logoutEverywhere")

    assert call(others).status_code == 200


def test_log_out_everywhere_takes_a_token() -> None:
    problem(APIClient().post("/logoutEverywhere"), 401, "not_authenticated")


def test_staff_log_a_user_out_everywhere(user: User) -> None:
    access = session_start(user=user).access
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))

    admin.post(
        "/admin/accounts/user/",
        {"action": "log_out_everywhere", "_selected_action": str(user.pk), "confirmed": "yes"},
    )

    problem(call(access), 401, "token_not_valid")


def test_a_session_has_an_end_that_no_refresh_moves(
    post: Post, user: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SESSION_DAYS = 3
    pair = session_start(user=user)
    assert pair.refresh["exp"] - pair.refresh["iat"] == pytest.approx(3 * 86_400, abs=1)
    an_hour_before = timezone.now() - timedelta(days=3) + timedelta(minutes=10)
    LoginSession.objects.update(started_at=an_hour_before)

    body = post("/refreshToken", {"refresh": str(pair.refresh)}).json()

    assert 590 <= body["expires_in"] <= 600  # instead of half an hour
    assert 590 <= body["refresh_expires_in"] <= 600
    LoginSession.objects.update(started_at=timezone.now() - timedelta(days=3))
    problem(post("/refreshToken", {"refresh": body["refresh"]}), 401, "token_not_valid")


def test_sessions_that_are_over_are_deleted_by_later_log_ins(user: User) -> None:
    for _ in range(PRUNE_LIMIT + 3):
        session_start(user=user)
    going_on = LoginSession.objects.earliest("started_at")
    over = LoginSession.objects.exclude(pk=going_on.pk)
    over.update(expires_at=timezone.now() - timedelta(seconds=1))

    newest = [session_start(user=user) for _ in range(2)]

    left = {going_on.pk, *(pair.refresh.session_id for pair in newest)}
    assert set(LoginSession.objects.values_list("pk", flat=True)) == left


NOTE = {"type": "tests.note", "payload": {"text": "a"}}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/addJob", NOTE, {}),
        ("/addJob", NOTE, {"HTTP_IDEMPOTENCY_KEY": "a"}),
        ("/addJobs", {"jobs": [NOTE]}, {}),
        ("/batches", {"name": "march"}, {}),
        ("/logoutEverywhere", {}, {}),
    ],
    ids=["job", "with a key", "jobs", "batch", "log-out"],
)
def test_an_account_that_another_process_has_just_deleted(
    user: User, path: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """Its token was found good here a moment ago."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}", **headers)
    assert client.get("/jobs").status_code == 200
    User.objects.filter(pk=user.pk)._raw_delete("default")  # which tells nobody here

    refused = client.post(path, body, format="json")

    problem(refused, 401, "user_not_found")
    assert refused["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'
    problem(client.get("/jobs"), 401, "user_not_found")
