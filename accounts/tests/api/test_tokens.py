"""Refresh tokens: rotated at each use, good for one use, and worthless after a logout."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User
from accounts.tests.conftest import Post
from accounts.tests.problem import pointers, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def refresh(user: User) -> str:
    return str(RefreshToken.for_user(user))


def test_a_refresh_token_buys_a_new_pair_once(post: Post, refresh: str) -> None:
    response = post("/refreshToken", {"refresh": refresh})

    assert response.status_code == 200
    pair = response.json()
    assert set(pair) == {"access", "refresh"}
    assert APIClient(HTTP_AUTHORIZATION=f"Bearer {pair['access']}").get("/jobs").status_code == 200
    problem(post("/refreshToken", {"refresh": refresh}), 401, "token_not_valid")
    assert post("/refreshToken", {"refresh": pair["refresh"]}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_calls_with_one_refresh_token_one_wins(post: Post, refresh: str) -> None:
    def exchange(_: int) -> int:
        try:
            status: int = post("/refreshToken", {"refresh": refresh}).status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(exchange, range(8)))

    assert statuses == [200] + [401] * 7


def test_logout_makes_the_refresh_token_worthless(post: Post, refresh: str) -> None:
    response = post("/logout", {"refresh": refresh})

    assert response.status_code == 204
    assert response.content == b""
    problem(post("/refreshToken", {"refresh": refresh}), 401, "token_not_valid")
    problem(post("/logout", {"refresh": refresh}), 401, "token_not_valid")


@pytest.mark.parametrize("path", ["/refreshToken", "/logout"])
def test_the_refresh_token_must_be_there(post: Post, path: str) -> None:
    assert pointers(problem(post(path, {}), 400, "invalid")) == {"/refresh"}


@pytest.mark.parametrize("path", ["/refreshToken", "/logout"])
def test_an_access_token_or_noise_is_no_refresh_token(post: Post, user: User, path: str) -> None:
    for token in (str(AccessToken.for_user(user)), "noise", "a.b.c"):
        response = post(path, {"refresh": token})

        problem(response, 401, "token_not_valid")
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_user_who_is_gone_gets_no_new_pair(post: Post, user: User, refresh: str) -> None:
    user.delete()

    problem(post("/refreshToken", {"refresh": refresh}), 401, "no_active_account")


def test_a_closed_account_gets_no_new_pair(post: Post, user: User, refresh: str) -> None:
    user.is_active = False
    user.save()

    problem(post("/refreshToken", {"refresh": refresh}), 401, "no_active_account")
