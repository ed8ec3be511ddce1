"""How often somebody may try: by address and by account, in the API and in the admin."""

import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from django.contrib.auth import authenticate
from django.core.cache import caches
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from accounts.client_address import client_address
from accounts.models import User
from accounts.rate import Rate
from accounts.services.attempts import SUCCESSES_FACTOR, TooManyAttempts
from accounts.tests.conftest import PASSWORD, Post
from accounts.tests.problem import problem

pytestmark = pytest.mark.django_db

RIGHT = {"username": "rose", "password": PASSWORD}
WRONG = {"username": "rose", "password": "something-else"}
NOBODY = {"username": "nobody", "password": "something-else"}


@pytest.fixture(autouse=True)
def three_a_minute(user: User, settings: Any) -> None:
    settings.LOGIN_RATE = Rate(3, 60)
    settings.SIGNUP_ENABLED = True


def admin_post(fields: dict[str, str], address: str = "127.0.0.1") -> Any:
    return Client().post("/admin/login/", fields, REMOTE_ADDR=address)


def test_after_too_many_failures_an_address_must_wait(post: Post) -> None:
    for number in range(3):
        body = {"username": f"nobody{number}", "password": PASSWORD}
        problem(post("/login", body, "10.0.0.1"), 401, "no_active_account")

    refused = post("/login", RIGHT, "10.0.0.1")

    problem(refused, 429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 60
    assert post("/login", RIGHT, "10.0.0.2").status_code == 200


def test_after_too_many_failures_an_account_must_wait_wherever_they_came_from(post: Post) -> None:
    for number in range(3):
        problem(post("/login", WRONG, f"10.0.1.{number}"), 401, "no_active_account")

    problem(post("/login", RIGHT, "10.0.1.9"), 429, "throttled")
    for name in ("ROSE", "ｒｏｓｅ"):  # noqa: RUF001 - another spelling is no other account
        problem(post("/login", RIGHT | {"username": name}, "10.0.1.8"), 429, "throttled")


def test_an_account_that_does_not_exist_waits_as_well(post: Post) -> None:
    for number in range(3):
        post("/login", NOBODY, f"10.0.1.{number}")

    problem(post("/login", NOBODY, "10.0.1.9"), 429, "throttled")


def test_a_stranger_cannot_lock_an_account_out(post: Post) -> None:
    assert post("/login", RIGHT, "10.0.0.1").status_code == 200
    for number in range(4):
        post("/login", WRONG, f"10.0.1.{number}")

    assert post("/login", RIGHT, "10.0.0.1").status_code == 200
    problem(post("/login", RIGHT, "10.0.0.2"), 429, "throttled")


def test_successes_do_not_count_as_failures(post: Post) -> None:
    statuses = [post("/login", RIGHT).status_code for _ in range(3 * SUCCESSES_FACTOR)]

    assert statuses == [200] * 3 * SUCCESSES_FACTOR
    problem(post("/login", RIGHT), 429, "throttled")  # a limit ten times as high


def test_a_success_does_not_wipe_out_failures(post: Post) -> None:
    for _ in range(2):
        post("/login", WRONG)
        assert post("/login", RIGHT).status_code == 200
    post("/login", WRONG)

    problem(post("/login", RIGHT), 429, "throttled")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/login", "/admin/login/"])
def test_thirty_at_once_do_not_get_past(post: Post, path: str) -> None:
    def attempt(_: int) -> int:
        try:
            fields = WRONG | {"username": "nobody"}
            answer = post(path, fields) if path == "/login" else admin_post(fields)
            status: int = answer.status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(attempt, range(30)))

    assert statuses.count(429) == 27


def test_the_admin_says_how_long_to_wait() -> None:
    User.objects.filter(username="rose").update(is_staff=True)
    for _ in range(3):
        assert admin_post(WRONG).status_code == 200

    refused = admin_post(RIGHT)

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "Too many attempts to log in. Try again in" in refused.content.decode()
    assert admin_post(RIGHT, "10.0.0.2").status_code == 429  # the account waits, too


def test_a_session_cannot_be_used_to_guess_the_password(user: User, post: Post) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(user)
    new = {"new_password1": "a-new-pass-word", "new_password2": "a-new-pass-word"}

    def change(old: str) -> Any:
        return browser.post("/admin/password_change/", {"old_password": old, **new})

    assert [change(f"guess-{number}").status_code for number in range(3)] == [200, 200, 200]
    refused = change(PASSWORD)

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "Too many attempts to log in. Try again in " in refused.content.decode()
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    problem(post("/login", RIGHT), 429, "throttled")


def test_ones_own_password_is_changed(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(user)
    fields = {"old_password": PASSWORD, "new_password1": "x-y-z-1234"}
    assert browser.post("/admin/password_change/", fields).status_code == 200, "it is not repeated"
    fields["new_password2"] = fields["new_password1"]
    assert browser.post("/admin/password_change/", fields).status_code == 302
    assert User.objects.get(pk=user.pk).check_password("x-y-z-1234")


def test_the_admin_and_the_api_count_together(post: Post) -> None:
    for _ in range(3):
        post("/login", WRONG)

    assert admin_post(WRONG).status_code == 429


def test_staff_who_know_their_password_get_in() -> None:
    User.objects.filter(username="rose").update(is_staff=True)
    for _ in range(5):
        assert admin_post(RIGHT).status_code == 302


def test_sign_ups_count_each(post: Post) -> None:
    for number in range(3):
        fields = {"username": f"new{number}", "password": PASSWORD}
        assert post("/signup", fields).status_code == 201

    problem(post("/signup", {"username": "new4", "password": PASSWORD}), 429, "throttled")
    assert User.objects.count() == 4


def test_whoever_asks_django_is_limited() -> None:
    for _ in range(3):
        assert authenticate(None, **WRONG) is None

    with pytest.raises(TooManyAttempts):
        authenticate(None, **RIGHT)


def test_trouble_of_our_own_does_not_count(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr("django.contrib.auth.backends.ModelBackend.authenticate", fail)
        for _ in range(5):
            problem(post("/login", RIGHT), 503, "database_unavailable")

    assert post("/login", RIGHT).status_code == 200


def test_another_address_cannot_be_pretended(post: Post) -> None:
    for number in range(3):
        post("/login", NOBODY, "10.0.0.1", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")

    refused = post("/login", RIGHT, "10.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.9")

    problem(refused, 429, "throttled")


def test_the_addresses_of_an_ipv6_user_count_together(post: Post) -> None:
    for number in range(3):
        post("/login", NOBODY | {"username": f"nobody{number}"}, f"2001:db8:0:1::{number}")

    problem(post("/login", RIGHT, "2001:db8:0:1:ffff::"), 429, "throttled")
    assert post("/login", RIGHT, "2001:db8:0:2::1").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "192.0.2.1", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "192.0.2.9, 192.0.2.1", "192.0.2.1"),
        (2, "192.0.2.9, 192.0.2.1, 10.0.0.7", "192.0.2.1"),
        (2, "192.0.2.1", "192.0.2.1"),
        (1, "192.0.2.1:4711", "192.0.2.1"),
        (1, "::ffff:192.0.2.1", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::/64"),
        (1, "[2001:db8::1]:4711", "2001:db8::/64"),
        (1, "[2001:DB8::1]", "2001:db8::/64"),
        (1, "fe80::1%eth0", "fe80::/64"),
        (1, "unknown", "unknown"),
        (1, "x" * 1_000, "x" * 64),
        (1, "", ""),
    ],
)
def test_where_a_request_comes_from(
    proxies: int, forwarded: str | None, address: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/")
    request.META |= {"REMOTE_ADDR": "10.0.0.1", **headers}

    assert client_address(request) == address


@contextmanager
def cache_at(settings: Any, url: str) -> Iterator[None]:
    before = settings.CACHES
    settings.CACHES = {"default": before["default"] | {"LOCATION": url}}
    yield
    settings.CACHES = before


def test_a_user_of_redis_who_may_use_the_prefix_alone(post: Post, settings: Any) -> None:
    prefix = settings.JOBS_REDIS_PREFIX
    with redis.Redis.from_url(settings.JOBS_REDIS_URL, decode_responses=True) as client:
        client.execute_command(
            "ACL", "SETUSER", "limited", "reset", "on", ">secret", f"~{prefix}*", "+@all"
        )
        url = re.sub(r"//(.*@)?", "//limited:secret@", settings.JOBS_REDIS_URL)
        with cache_at(settings, url):
            for _ in range(3):
                post("/login", WRONG)
            problem(post("/login", RIGHT), 429, "throttled")
            assert post("/login", RIGHT, "10.0.0.2").status_code == 429
            found = list(client.scan_iter(match="*login:*"))
        client.execute_command("ACL", "DELUSER", "limited")

    assert found
    assert all(name.startswith(f"{prefix}cache:") for name in found)
    assert not [name for name in found if "rose" in name]


def no_redis(settings: Any) -> Iterator[str]:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        yield f"redis://127.0.0.1:{reserved.getsockname()[1]}/0"


def forbidding_redis(settings: Any) -> Iterator[str]:
    with redis.Redis.from_url(settings.JOBS_REDIS_URL) as client:
        client.execute_command("ACL", "SETUSER", "elsewhere", "reset", "on", ">s", "~x*", "+@all")
        yield re.sub(r"//(.*@)?", "//elsewhere:s@", settings.JOBS_REDIS_URL)
        client.execute_command("ACL", "DELUSER", "elsewhere")


def key_of_another_type(settings: Any) -> Iterator[str]:
    cache: Any = caches["default"]
    with redis.Redis.from_url(settings.JOBS_REDIS_URL) as client:
        key = cache.make_key("login:attempts:127.0.0.1")
        client.delete(key)
        client.lpush(key, "x")
        yield settings.JOBS_REDIS_URL
        client.delete(key)


@pytest.mark.parametrize("trouble", [no_redis, forbidding_redis, key_of_another_type])
def test_a_redis_that_does_not_count_switches_nothing_off(
    post: Post,
    settings: Any,
    trouble: Callable[[Any], Iterator[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with contextmanager(trouble)(settings) as url, cache_at(settings, url):
        assert [post("/login", RIGHT).status_code for _ in range(5)] == [200] * 5
        for _ in range(3):
            problem(post("/login", WRONG), 401, "no_active_account")
        problem(post("/login", RIGHT), 429, "throttled")

    events = [record.__dict__.get("event") for record in caplog.records]
    assert events.count("attempts.uncounted") == 1


@pytest.mark.parametrize("text", ["60/min", "1/s", "5/hour", "100/day", "7/m", "7/second"])
def test_a_rate(text: str) -> None:
    assert Rate.of(text).times == int(text.partition("/")[0])


@pytest.mark.parametrize(
    "text", ["", "60", "60/", "/min", "0/min", "-1/min", "1.5/min", "60/fortnight", "60 /min", "x"]
)
def test_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        Rate.of(text)
