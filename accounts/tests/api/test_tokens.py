"""Refresh tokens: rotated at each use, good for one use, and worthless after a logout."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import LoginSession, User
from accounts.services.sessions import session_start
from accounts.tests.conftest import Post
from accounts.tests.problem import pointers, problem

pytestmark = pytest.mark.django_db

INVALID_TOKEN = 'Bearer realm="api", error="invalid_token"'


@pytest.fixture
def refresh(user: User) -> str:
    return str(session_start(user=user).refresh)


def call(access: str) -> Any:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {access}").get("/jobs")


def at_once(*calls: Callable[[], Any]) -> list[int]:
    """The sorted status codes of calls that run at the same moment."""

    def status(one: Callable[[], Any]) -> int:
        try:
            code: int = one().status_code
            return code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(status, calls))


def test_a_refresh_token_buys_a_new_pair(post: Post, refresh: str) -> None:
    response = post("/refreshToken", {"refresh": refresh})

    assert response.status_code == 200
    pair = response.json()
    assert set(pair) == {"access", "refresh", "scope", "expires_in", "refresh_expires_in"}
    assert (pair["expires_in"], pair["refresh_expires_in"]) == (15 * 60, 7 * 86_400)
    assert call(pair["access"]).status_code == 200
    assert post("/refreshToken", {"refresh": pair["refresh"]}).status_code == 200


def test_a_refresh_token_that_is_used_again_ends_its_session(post: Post, refresh: str) -> None:
    second = post("/refreshToken", {"refresh": refresh}).json()
    third = post("/refreshToken", {"refresh": second["refresh"]}).json()
    assert call(third["access"]).status_code == 200

    problem(post("/refreshToken", {"refresh": refresh}), 401, "token_not_valid")

    problem(post("/refreshToken", {"refresh": third["refresh"]}), 401, "token_not_valid")
    for access in (second["access"], third["access"]):
        problem(call(access), 401, "token_not_valid")


def test_other_sessions_of_the_user_go_on(post: Post, user: User, refresh: str) -> None:
    other = str(session_start(user=user).refresh)
    for _ in range(2):
        post("/refreshToken", {"refresh": refresh})

    assert post("/refreshToken", {"refresh": other}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_calls_with_one_refresh_token_one_wins(post: Post, refresh: str) -> None:
    statuses = at_once(*[lambda: post("/refreshToken", {"refresh": refresh})] * 8)

    assert statuses == [200] + [401] * 7
    assert not LoginSession.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_logout_and_a_refresh_at_once_do_not_wait_for_each_other(post: Post, user: User) -> None:
    for _ in range(10):
        tokens = [{"refresh": str(session_start(user=user).refresh)} for _ in range(2)]
        calls = [
            (lambda path=path, body=body: post(path, body))
            for path, body in chain(
                (("/logout", body) for body in tokens),
                (("/refreshToken", body) for body in tokens),
            )
        ]
        assert set(at_once(*calls)) <= {200, 204, 401}


def test_logout_ends_the_session(post: Post, user: User) -> None:
    pair = session_start(user=user)
    refresh, access = str(pair.refresh), str(pair.access)
    assert call(access).status_code == 200

    response = post("/logout", {"refresh": refresh})

    assert response.status_code == 204
    assert response.content == b""
    problem(post("/refreshToken", {"refresh": refresh}), 401, "token_not_valid")
    problem(post("/logout", {"refresh": refresh}), 401, "token_not_valid")
    problem(call(access), 401, "token_not_valid")


@pytest.mark.parametrize("path", ["/refreshToken", "/logout"])
def test_the_refresh_token_must_be_there(post: Post, path: str) -> None:
    assert pointers(problem(post(path, {}), 400, "invalid")) == {"/refresh"}


@pytest.mark.parametrize("path", ["/refreshToken", "/logout"])
def test_noise_and_other_tokens_are_no_refresh_token(post: Post, user: User, path: str) -> None:
    without_session = tokens.RefreshToken.for_user(user)
    for token in (AccessToken.for_user(user), session_start(user=user).access, without_session):
        problem(post(path, {"refresh": str(token)}), 401, "token_not_valid")
    for noise in ("noise", "a.b.c", "é", "a" * 3_000):
        response = post(path, {"refresh": noise})

        problem(response, 401, "token_not_valid")
        assert response["WWW-Authenticate"] == INVALID_TOKEN


def test_a_user_who_is_gone_gets_no_new_pair(post: Post, user: User, refresh: str) -> None:
    user.delete()

    problem(post("/refreshToken", {"refresh": refresh}), 401, "no_active_account")


def test_a_closed_account_gets_no_new_pair(post: Post, user: User, refresh: str) -> None:
    user.is_active = False
    user.save()

    problem(post("/refreshToken", {"refresh": refresh}), 401, "no_active_account")
