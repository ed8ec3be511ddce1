"""Limits on calls: off unless they are set, counted in one round trip, and let go without Redis."""

import math
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import RequestFactory
from rest_framework.test import APIClient

from accounts import rate_limits
from accounts.api.call_limits import QuotaExceeded, limit_call
from accounts.models import User
from accounts.rate import Rate
from accounts.services.service_accounts import (
    secret_create,
    service_account_change,
    service_account_create,
)
from accounts.tests.problem import problem
from accounts.tokens import AccessToken

pytestmark = pytest.mark.django_db

NOTE = {"type": "tests.note", "payload": {"text": "a"}}
FIELDS = ("RateLimit-Policy", "RateLimit")


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    rate_limits._Redis.usable_at, rate_limits._Redis.is_away = 0.0, False
    cache: Any = caches["default"]
    cache.delete_pattern("limit:*")


def client_of(user: User, **headers: Any) -> APIClient:
    token = AccessToken.for_user(user)
    made = APIClient(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {token}", **headers)
    made.default_format = "json"
    return made


class RoundTrips:
    """Counts what is sent to Redis by way of the cache."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cache: Any = caches["default"]
        connection_class = cache.client.get_client(write=True).connection_pool.connection_class
        send = connection_class.send_packed_command
        self.count = 0

        def counted(instance: Any, *args: Any, **kwargs: Any) -> Any:
            self.count += 1
            return send(instance, *args, **kwargs)

        monkeypatch.setattr(connection_class, "send_packed_command", counted)


def test_without_a_limit_a_call_costs_nothing(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    trips = RoundTrips(monkeypatch)

    response = client_of(user).get("/jobs")

    assert response.status_code == 200
    assert not [name for name in FIELDS if name in response]
    assert trips.count == 0


def test_what_is_left_is_on_every_answer(user: User, settings: Any) -> None:
    settings.RATE_LIMIT_READS = Rate(3, 60)
    api = client_of(user)

    answers = [api.get("/jobs"), api.get("/jobs/nothing"), api.get("/jobs?unheard=of")]

    assert [one.status_code for one in answers] == [200, 404, 400]
    assert {one["RateLimit-Policy"] for one in answers} == {'"reads";q=3;w=60'}
    for left, one in zip((2, 1, 0), answers, strict=True):
        name, r, t = one["RateLimit"].split(";")
        assert (name, r) == ('"reads"', f"r={left}")
        assert 50 < int(t.removeprefix("t=")) <= 60

    refused = api.get("/jobs")

    body = problem(refused, 429, "quota_exceeded")
    assert body["type"].endswith("#quota-exceeded")
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["RateLimit"].startswith('"reads";r=0;t=')
    assert refused["RateLimit-Policy"] == '"reads";q=3;w=60'


def test_reads_and_writes_have_limits_of_their_own(user: User, settings: Any) -> None:
    settings.RATE_LIMIT_READS, settings.RATE_LIMIT_WRITES = Rate(1, 60), Rate(2, 60)
    api, other = client_of(user), client_of(User.objects.create_user("iris"))

    assert [api.get("/jobs").status_code for _ in range(2)] == [200, 429]
    assert [api.post("/addJob", NOTE).status_code for _ in range(3)] == [202, 202, 429]
    problem(api.patch("/jobs/nothing", {}), 429, "quota_exceeded")
    # Other tokens of the account are the account's; other accounts are not.
    assert client_of(user).get("/jobs").status_code == 429
    assert other.get("/jobs").status_code == 200


def test_an_address_has_one_limit_for_all_its_calls(user: User, settings: Any) -> None:
    settings.RATE_LIMIT_ADDRESS, settings.RATE_LIMIT_READS = Rate(3, 60), Rate(9, 60)
    api = client_of(user, REMOTE_ADDR="10.2.0.1")
    nobody = APIClient(raise_request_exception=False, REMOTE_ADDR="10.2.0.1")
    thief = APIClient(REMOTE_ADDR="10.2.0.1", HTTP_AUTHORIZATION="Bearer noise")

    first = api.get("/jobs")
    assert first["RateLimit-Policy"] == '"reads";q=9;w=60, "address";q=3;w=60'
    problem(nobody.get("/jobs"), 401, "not_authenticated")
    problem(thief.get("/jobs"), 401, "token_not_valid")

    for one in (api, nobody, thief):
        problem(one.get("/jobs"), 429, "quota_exceeded")
    assert client_of(user, REMOTE_ADDR="10.2.0.2").get("/jobs").status_code == 200


def test_several_limits_are_one_round_trip(
    user: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMIT_ADDRESS = settings.RATE_LIMIT_READS = Rate(9, 60)
    api = client_of(user)
    api.get("/jobs")
    trips = RoundTrips(monkeypatch)

    assert api.get("/jobs").status_code == 200
    assert trips.count == 1


def test_a_call_that_the_server_makes_once_more_is_counted_once(user: User, settings: Any) -> None:
    settings.RATE_LIMIT_READS = Rate(1, 60)
    api = client_of(user)
    first = api.get("/jobs")

    repeated: Any = {rate_limits.REPEATED_KEY: True}
    again = [api.get("/jobs", **repeated) for _ in range(3)]

    assert {one.status_code for one in again} == {200}
    assert {one["RateLimit"].split(";t=")[0] for one in [first, *again]} == {'"reads";r=0'}
    assert api.get("/jobs").status_code == 429


def test_a_window_ends(user: User, settings: Any) -> None:
    settings.RATE_LIMIT_READS = Rate(1, 3_600)
    api = client_of(user)
    assert [api.get("/jobs").status_code for _ in range(2)] == [200, 429]

    cache: Any = caches["default"]
    cache.delete_pattern("limit:*")  # as Redis does when it is over

    assert api.get("/jobs").status_code == 200
    assert 3_500 < cache.ttl(f"limit:reads:3600:{user.pk}") <= 3_600


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_get_through_as_may(user: User, settings: Any) -> None:
    settings.RATE_LIMIT_READS = Rate(10, 60)
    # The session's own queries are no matter here.
    rate = 30

    def call(_: int) -> bool:
        try:
            request = RequestFactory().get("/jobs")
            limit_call(request, user)
        except QuotaExceeded:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(rate) as pool:
        assert sum(pool.map(call, range(rate))) == 10


def test_a_service_account_has_rates_of_its_own(settings: Any) -> None:
    account = service_account_create(
        name="billing", scopes=["jobs:read", "jobs:write"], reads="2/h"
    )
    secret = secret_create(account=account)
    form = f"grant_type=client_credentials&client_id={account.client_id}"
    token = APIClient().post(
        "/token",
        f"{form}&client_secret={secret.text}",
        content_type="application/x-www-form-urlencoded",
    )
    api = APIClient(HTTP_AUTHORIZATION=f"Bearer {token.json()['access_token']}")

    answers = [api.get("/jobs") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"reads";q=2;w=3600'
    assert "RateLimit" not in api.post("/addJob", NOTE, format="json")
    kept = {"scopes": account.scopes, "job_types": [], "queues": [], "is_active": True}
    service_account_change(account=account, **kept, reads="5/h")
    assert api.get("/jobs")["RateLimit"].startswith('"reads";r=1;')
    settings.RATE_LIMIT_READS = Rate(1, 60)
    service_account_change(account=account, **kept)
    assert [api.get("/jobs").status_code for _ in range(2)] == [200, 429]


@pytest.fixture
def no_redis(settings: Any) -> Iterator[dict[str, Any]]:
    """Redis is away; yields the CACHES with which it is there."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        before = settings.CACHES
        url = f"redis://127.0.0.1:{reserved.getsockname()[1]}/0"
        settings.CACHES = {"default": before["default"] | {"LOCATION": url}}
        yield before
        settings.CACHES = before


def test_while_redis_is_away_calls_are_let_through(
    user: User, settings: Any, no_redis: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    settings.RATE_LIMIT_READS = Rate(1, 60)
    api = client_of(user)

    for _ in range(3):
        answer = api.get("/jobs")
        assert answer.status_code == 200
        assert "RateLimit" not in answer
        rate_limits._Redis.usable_at = 0.0

    def events() -> list[Any]:
        return [one.__dict__.get("event") for one in caplog.records]

    assert events().count("limits.unenforced") == 1
    caplog.set_level("INFO")
    settings.CACHES = no_redis
    assert [api.get("/jobs").status_code for _ in range(2)] == [200, 429]
    assert events().count("limits.enforced") == 1


def test_the_wait_is_a_whole_number_of_seconds() -> None:
    policy = rate_limits.Policy("writes", "7", Rate(100, 60))
    quota = rate_limits.Quota(policy, 50, math.ceil(29.2))

    assert policy.field == '"writes";q=100;w=60'
    assert quota.field == '"writes";r=50;t=30'
