"""Every call of the API works with `/v1` before its path, and links stay in the caller's form."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_user
from scheduler.http.routes import ROUTES
from scheduler.tests.http.served_routes import methods_of, path_of

pytestmark = pytest.mark.django_db

WITHOUT_VERSION = ("/openapi.json", "/health", "/metrics", "/.well-known")
JOB = {"type": "send_welcome_email", "payload": {"email": "ann@example.com"}}


@pytest.fixture
def rose(db: None) -> APIClient:
    return client_of(make_user(is_superuser=True))


def leaves(patterns: Any, before: str = "") -> Iterator[Any]:
    for one in patterns:
        if hasattr(one, "url_patterns"):
            yield from leaves(one.url_patterns, before + str(one.pattern))
        else:
            yield before, one


def test_every_call_but_those_of_operators_has_a_version() -> None:
    served = {
        f"{method} /{before}{path_of(pattern).removeprefix('/')}"
        for before, pattern in leaves(get_resolver("scheduler.urls_v1").url_patterns)
        for method in methods_of(pattern)
    }
    for route in ROUTES:
        if route.path != "/" and not route.path.startswith(WITHOUT_VERSION):
            assert f"{route.method} /v1{route.path}" in served


@pytest.mark.parametrize("version", ["", "/v1"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_links_have_the_form_of_the_call(rose: APIClient, version: str, slash: str) -> None:
    added = rose.post(f"{version}/addJob{slash}", JOB)

    path = f"{version}/jobs/{added.json()['id']}"
    assert (added.status_code, added["Location"]) == (202, path)
    assert added.json()["links"] == {"self": path}
    assert rose.get(path).json()["links"] == {"self": path, "cancel": f"{path}/cancel"}
    many = rose.post(f"{version}/addJobs{slash}", {"jobs": [JOB, JOB]}).json()["results"]
    assert all(one["links"]["self"].startswith(f"{version}/jobs/") for one in many)
    page = rose.get(f"{version}/jobs?limit=1")
    assert page.json()["next"].startswith(f"{version}/jobs?")
    assert page["Link"].startswith(f"<{version}/jobs?")
    assert rose.get(page.json()["next"]).status_code == 200
    queue = rose.get(f"{version}/queues/default").json()["links"]
    assert queue["pause"] == f"{version}/queues/default/pause"
    one_type = rose.get(f"{version}/jobTypes/send_email").json()["links"]
    assert one_type["self"] == f"{version}/jobTypes/send_email"


def test_forms_may_be_mixed(rose: APIClient) -> None:
    """What a thread remembers of one call says nothing about the next one."""
    for version in ("/v1", "", "/v1", ""):
        assert rose.post(f"{version}/addJob", JOB)["Location"].startswith(f"{version}/jobs/")


def test_log_in_and_problems(anonymous: Client) -> None:
    User.objects.create_user("rose", password="wide-river-42")
    body = {"username": "rose", "password": "wide-river-42"}
    answer = anonymous.post("/v1/login", body, content_type="application/json")

    assert answer.status_code == 200
    refused = anonymous.post("/v1/login", {}, content_type="application/json")
    assert problem(refused, 400, "invalid")["instance"] == "/v1/login"


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/admin/",
        "/v1/health",
        "/v2/jobs",
        "/v1/v1/jobs",
        "/v1jobs",
    ],
)
def test_there_is_nothing_else(anonymous: Client, path: str) -> None:
    assert problem(anonymous.get(path), 404, "not_found")["instance"] == path


@pytest.fixture
def anonymous() -> Client:
    return Client(raise_request_exception=False)
