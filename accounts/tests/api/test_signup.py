"""Sign-up: who gets an account, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Post
from accounts.tests.problem import pointers, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def signup_enabled(settings: Any) -> None:
    settings.SIGNUP_ENABLED = True


def test_a_new_user_gets_a_token_that_works(post: Post) -> None:
    response = post("/signup", {"username": "rose", "password": PASSWORD, "email": "r@example.com"})

    assert response.status_code == 201
    body = response.json()
    tokens = {"access", "refresh", "scope", "expires_in", "refresh_expires_in"}
    assert set(body) == {"id", "username", *tokens}
    user = User.objects.get(pk=body["id"])
    assert (user.username, user.email, user.is_staff) == ("rose", "r@example.com", False)
    assert user.check_password(PASSWORD)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert client.get("/jobs").status_code == 200


def test_signup_that_is_switched_off_says_so(post: Post, settings: Any) -> None:
    settings.SIGNUP_ENABLED = False

    body = problem(
        post("/signup", {"username": "rose", "password": PASSWORD}), 403, "signup_disabled"
    )

    assert "switched off" in body["detail"]
    assert not User.objects.exists()


def test_a_privilege_cannot_be_asked_for(post: Post) -> None:
    asked = {"username": "rose", "password": PASSWORD, "is_staff": True, "is_superuser": True}

    body = problem(post("/signup", asked), 400, "invalid")

    assert pointers(body) == {"/is_staff", "/is_superuser"}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short1x", "password_too_short"),
        ("password", "password_too_common"),
        ("8264918264", "password_entirely_numeric"),
        ("rosegarden", "password_too_similar"),
    ],
)
def test_a_weak_password_is_refused(post: Post, password: str, code: str) -> None:
    body = problem(
        post("/signup", {"username": "rosegarden", "password": password}), 400, "invalid"
    )

    assert pointers(body) == {"/password"}
    assert code in {error["code"] for error in body["errors"]}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"username": "two words"}, "/username"),
        ({"username": ""}, "/username"),
        ({"username": None}, "/username"),
        ({"username": "r" * 151}, "/username"),
        ({"username": "nul\x00"}, "/username"),
        ({"username": ["rose"]}, "/username"),
        ({"password": None}, "/password"),
        ({"password": {"a": 1}}, "/password"),
        ({"email": "not an address"}, "/email"),
    ],
)
def test_bad_fields_are_pointed_at(post: Post, change: dict[str, Any], pointer: str) -> None:
    body = problem(
        post("/signup", {"username": "rose", "password": PASSWORD} | change), 400, "invalid"
    )

    assert pointers(body) == {pointer}


def test_a_name_that_is_taken(post: Post, user: User) -> None:
    body = problem(post("/signup", {"username": "rose", "password": PASSWORD}), 400, "invalid")

    assert body["errors"][0]["code"] == "unique"


def test_a_name_that_is_taken_in_another_spelling_of_unicode(post: Post) -> None:
    assert post("/signup", {"username": "ﬁne", "password": PASSWORD}).status_code == 201

    problem(post("/signup", {"username": "fine", "password": PASSWORD}), 400, "invalid")


@pytest.mark.django_db(transaction=True)
def test_of_many_sign_ups_at_once_one_wins(post: Post) -> None:
    def sign_up(_: int) -> int:
        try:
            status: int = post("/signup", {"username": "rose", "password": PASSWORD}).status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(sign_up, range(8)))

    assert statuses == [201] + [400] * 7
    assert User.objects.count() == 1
