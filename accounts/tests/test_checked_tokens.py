"""A token is looked up once in a few seconds, and a change of its user is heard at once here."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import AccessToken

from accounts import checked_tokens as module
from accounts.api.authentication import CheckedTokenAuthentication
from accounts.checked_tokens import checked_tokens
from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(user: User) -> str:
    return str(AccessToken.for_user(user))


class Clock:
    """Stands for `time` in the module."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def time(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def authenticate(token: str) -> User:
    request = APIRequestFactory().get("/jobs", HTTP_AUTHORIZATION=f"Bearer {token}")
    found: Any = CheckedTokenAuthentication().authenticate(Request(request))
    user: User = found[0]
    return user


def queries_of(token: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        authenticate(token)
    return len(queries)


def close_account_elsewhere(user: User) -> None:
    """As another process would: nothing in this one hears of it."""
    User.objects.filter(pk=user.pk).update(is_active=False)


def test_the_user_is_read_once(token: str, user: User) -> None:
    assert [queries_of(token) for _ in range(3)] == [1, 0, 0]
    assert authenticate(token) == user


def test_an_account_closed_elsewhere_loses_access_within_seconds(
    token: str, user: User, clock: Clock, settings: Any
) -> None:
    authenticate(token)
    close_account_elsewhere(user)
    clock.ahead = settings.TOKEN_CHECK_SECONDS

    with pytest.raises(AuthenticationFailed, match="inactive"):
        authenticate(token)


def test_an_account_closed_here_loses_access_at_once(token: str, user: User) -> None:
    authenticate(token)
    user.is_active = False
    user.save()

    with pytest.raises(AuthenticationFailed, match="inactive"):
        authenticate(token)


def test_a_user_deleted_here_loses_access_at_once(token: str, user: User) -> None:
    authenticate(token)
    user.delete()

    with pytest.raises(AuthenticationFailed, match="account of this token is gone"):
        authenticate(token)


@pytest.mark.django_db(transaction=True)
def test_what_is_read_before_the_commit_is_forgotten_with_it(token: str, user: User) -> None:
    with transaction.atomic():
        user.is_active = False
        user.save()
        # What a call in another thread does meanwhile.
        checked_tokens.put(token.encode(), User(pk=user.pk), AccessToken(token))  # type: ignore[arg-type]

    with pytest.raises(AuthenticationFailed, match="inactive"):
        authenticate(token)


def test_changing_one_user_leaves_the_tokens_of_others_alone(token: str) -> None:
    authenticate(token)
    User.objects.create_user("other").save()

    assert queries_of(token) == 0


def test_a_token_is_not_good_beyond_its_own_time(user: User, clock: Clock, settings: Any) -> None:
    settings.TOKEN_CHECK_SECONDS = 3_600
    access = AccessToken.for_user(user)
    access.set_exp(lifetime=timedelta(seconds=60))
    token = str(access)
    authenticate(token)
    assert checked_tokens.get(token.encode())

    clock.ahead = 61

    assert checked_tokens.get(token.encode()) is None


def test_a_forged_token_is_refused_beside_a_good_one(token: str) -> None:
    authenticate(token)

    with pytest.raises(InvalidToken):
        authenticate(token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"))


def test_a_right_is_asked_for_at_every_call(token: str, user: User) -> None:
    assert not authenticate(token).has_perm("accounts.delete_user")
    user.user_permissions.add(Permission.objects.get(codename="delete_user"))

    assert authenticate(token).has_perm("accounts.delete_user")


def test_what_a_view_does_to_its_user_stays_its_own(token: str) -> None:
    authenticate(token).is_staff = True

    assert not authenticate(token).is_staff


def test_nothing_is_remembered_where_that_is_switched_off(token: str, settings: Any) -> None:
    settings.TOKEN_CHECK_SECONDS = 0

    assert [queries_of(token) for _ in range(2)] == [1, 1]


def test_only_so_many_are_remembered(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOKENS_MAX", 2)
    first, second, third = (str(AccessToken.for_user(user)) for _ in range(3))
    for token in (first, second, third):
        authenticate(token)

    assert [queries_of(token) for token in (third, second, first)] == [0, 0, 1]
