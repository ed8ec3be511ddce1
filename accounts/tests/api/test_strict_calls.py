"""Sign-up, log-in and the token calls are taken as they are written."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services.sessions import session_start
from accounts.tests.conftest import PASSWORD, Post
from accounts.tests.problem import pointers, problem

pytestmark = pytest.mark.django_db

ROSE = {"username": "rose", "password": PASSWORD}


@pytest.fixture(autouse=True)
def signup_enabled(settings: Any) -> None:
    settings.SIGNUP_ENABLED = True


@pytest.mark.parametrize(
    "raw",
    [
        '{"username": "rose", "username": "ann", "password": "wide-river-42"}',
        '{"username": "rose", "password": "a", "password": "wide-river-42"}',
        '{"username": "rose", "password": NaN}',
        "{'username': 'rose'}",
    ],
)
@pytest.mark.parametrize("path", ["/signup", "/login"])
def test_odd_json(user: User, path: str, raw: str) -> None:
    problem(APIClient().post(path, raw, content_type="application/json"), 400, "parse_error")

    assert User.objects.count() == 1


@pytest.mark.parametrize("path", ["/signup", "/login"])
def test_a_body_that_is_no_object(path: str) -> None:
    body = problem(APIClient().post(path, "[]", content_type="application/json"), 400, "invalid")

    assert body["detail"] == "Give a JSON object."


@pytest.mark.parametrize("path", ["/signup", "/login"])
@pytest.mark.parametrize("change", [{"username": 5}, {"password": 12345678901}, {"e_mail": "a"}])
def test_odd_fields(post: Post, path: str, change: dict[str, Any]) -> None:
    body = problem(post(path, ROSE | change), 400, "invalid")

    assert pointers(body) == {f"/{name}" for name in change}
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["/refreshToken", "/logout"])
@pytest.mark.parametrize("change", [{"refresh": 5}, {"access": "a"}])
def test_odd_fields_of_token_calls(
    post: Post, user: User, path: str, change: dict[str, Any]
) -> None:
    refresh = str(session_start(user=user).refresh)

    body = problem(post(path, {"refresh": refresh} | change), 400, "invalid")

    assert pointers(body) == {f"/{name}" for name in change}
    assert post(path, {"refresh": refresh}).status_code in (200, 204)


def test_no_call_takes_query_parameters(post: Post, user: User) -> None:
    pair = session_start(user=user)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    refresh = {"refresh": str(pair.refresh)}
    calls = [
        post("/signup?is_staff=1", {"username": "ann", "password": PASSWORD}),
        post("/login?username=rose&username=rose", ROSE),
        post("/refreshToken?a=1", refresh),
        post("/logout?a=1", refresh),
        client.post("/logoutEverywhere?a=1"),
        client.post("/logoutEverywhere", {"user": "ann"}, format="json"),
    ]

    for call in calls:
        [error] = problem(call, 400, "invalid")["errors"]
        assert error["code"] == "unknown_field"
    assert User.objects.count() == 1
    assert post("/refreshToken", refresh).status_code == 200


@pytest.mark.parametrize("password", [f"{PASSWORD} ", f" {PASSWORD}", f"{PASSWORD}\n"])
def test_a_password_with_spaces_at_its_ends_logs_in(post: Post, password: str) -> None:
    assert post("/signup", ROSE | {"password": password}).status_code == 201

    assert post("/login", ROSE | {"password": password}).status_code == 200
    problem(post("/login", ROSE | {"password": password.strip()}), 401, "no_active_account")


def test_spaces_around_a_name_are_no_part_of_it(post: Post) -> None:
    created = post("/signup", ROSE | {"username": " rose "})

    assert created.json()["username"] == "rose"
    for name in ("rose", " rose", "rose\n"):
        assert post("/login", ROSE | {"username": name}).status_code == 200


def test_a_name_logs_in_in_the_spelling_in_which_it_signed_up(post: Post) -> None:
    created = post("/signup", ROSE | {"username": "ﬁne"})

    assert created.json()["username"] == "fine"
    for name in ("fine", "ﬁne", "\uff46\uff49\uff4e\uff45"):
        assert post("/login", ROSE | {"username": name}).status_code == 200


@pytest.mark.parametrize("name", ["ROSE", "Rose", "rOsE", "\uff32ose", "ro\u017fe"])
def test_a_new_name_that_looks_like_another(post: Post, user: User, name: str) -> None:
    body = problem(post("/signup", ROSE | {"username": name}), 400, "invalid")

    assert body["errors"][0]["code"] == "unique"
    assert User.objects.count() == 1


def test_other_names_are_free(post: Post, user: User) -> None:
    for name in ("rosé", "rose1", "r.ose"):
        assert post("/signup", ROSE | {"username": name}).status_code == 201


def test_a_name_that_grows_when_it_is_normalised(post: Post) -> None:
    """U+FDFA alone becomes 18 characters, spaces among them."""
    for name in ("\ufdfa" * 20, "\ufb03" * 100):
        problem(post("/signup", ROSE | {"username": name}), 400, "invalid")


def test_accounts_that_look_alike_from_before_keep_logging_in(post: Post) -> None:
    User.objects.create_user("Rose", password=PASSWORD)
    old = User(username="rose", password=make_password(PASSWORD), folded_username=None)
    User.objects.bulk_create([old])

    for name in ("Rose", "rose"):
        assert post("/login", ROSE | {"username": name}).status_code == 200
    old.email = "rose@example.com"
    old.full_clean()
    old.save()


def test_the_admin_refuses_a_name_that_looks_like_another(user: User) -> None:
    other = User.objects.create_user("ann", password=PASSWORD)

    for one in (User(username="ROSE", password="x"), other):
        one.username = "ROSE"
        with pytest.raises(ValidationError) as refused:
            one.full_clean()
        assert set(refused.value.message_dict) == {"username"}


def test_a_new_name_frees_the_old_one(user: User) -> None:
    user.username = "lily"
    user.save(update_fields=["username"])

    User.objects.create_user("ROSE")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("LILY")
