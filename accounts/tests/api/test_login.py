"""Login, and what its body may be."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Post
from accounts.tests.problem import pointers, problem

pytestmark = pytest.mark.django_db

RIGHT = {"username": "rose", "password": PASSWORD}
WRONG = {"username": "rose", "password": "something-else"}


@pytest.mark.parametrize("path", ["/login", "/login/"])
def test_login_gives_a_pair_of_tokens(post: Post, user: User, path: str) -> None:
    response = post(path, RIGHT)

    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"access", "refresh", "scope", "expires_in", "refresh_expires_in"}
    assert (body["expires_in"], body["refresh_expires_in"]) == (15 * 60, 7 * 86_400)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {response.json()['access']}")
    assert client.get("/jobs").status_code == 200
    user.refresh_from_db()
    assert user.last_login is not None


def test_a_wrong_password_an_unknown_name_and_a_closed_account_look_the_same(
    post: Post, user: User
) -> None:
    User.objects.create_user("gone", password=PASSWORD, is_active=False)

    responses = [
        post("/login", WRONG),
        post("/login", {"username": "nobody", "password": PASSWORD}),
        post("/login", {"username": "gone", "password": PASSWORD}),
    ]

    details = {problem(each, 401, "no_active_account")["detail"] for each in responses}
    assert len(details) == 1
    assert {each["WWW-Authenticate"] for each in responses} == {'Bearer realm="api"'}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/username"),
        ({"username": "rose"}, "/password"),
        ({"username": "rose\x00", "password": PASSWORD}, "/username"),
        ({"username": {}, "password": PASSWORD}, "/username"),
        ([], ""),
        (None, "/username"),  # an empty body
    ],
)
def test_a_body_that_lacks_something(post: Post, body: Any, pointer: str) -> None:
    assert pointer in pointers(problem(post("/login", body), 400, "invalid"))


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "code"),
    [
        ("{", "application/json", 400, "parse_error"),
        ("[" * 8_000, "application/json", 400, "parse_error"),
        (b'{"username": "\xff"}', "application/json", 400, "parse_error"),
        ('{"username": "' + "r" * 20_000 + '"}', "application/json", 413, "body_too_large"),
        ("username=rose", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("<rose/>", "text/xml", 415, "unsupported_media_type"),
    ],
    ids=["cut-off", "deep", "latin-1", "large", "form", "xml"],
)
def test_a_body_that_is_not_small_json(raw: Any, content_type: str, status: int, code: str) -> None:
    client = APIClient(raise_request_exception=False)

    problem(client.post("/login", raw, content_type=content_type), status, code)


def test_only_posts_log_in() -> None:
    response = APIClient().get("/login")

    problem(response, 405, "method_not_allowed")
    assert "POST" in response["Allow"]
