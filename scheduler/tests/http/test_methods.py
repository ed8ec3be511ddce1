"""Every path says which methods it has: in `Allow` of a 405, and to `OPTIONS`."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_user
from scheduler.http.routes import ROUTES

pytestmark = pytest.mark.django_db

ID = "01a20aec-3aea-7c47-8536-76919ca75d4c"
PAGES = ("/docs", "/docs/", "/docs/redoc/")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"}


def paths() -> Iterator[tuple[str, set[str]]]:
    """Each path with the methods that it has."""
    methods: dict[str, set[str]] = defaultdict(set)
    for route in ROUTES:
        path = re.sub("<id>", ID, route.path).replace("<name>", "default")
        methods[path].add(route.method)
    yield from methods.items()
    yield from ((path, {"GET"}) for path in PAGES)


def allowed(response: Any) -> set[str]:
    """The methods in `Allow`, without those that every path has."""
    return set(response["Allow"].split(", ")) - {"HEAD", "OPTIONS"}


@pytest.fixture
def root(settings: Any) -> APIClient:
    settings.METRICS_TOKEN = ""
    return client_of(make_user(is_superuser=True))


@pytest.fixture
def plain(settings: Any) -> APIClient:
    settings.METRICS_TOKEN = ""
    return client_of(make_user())


@pytest.mark.parametrize(("path", "methods"), list(paths()))
def test_other_methods_are_refused(root: APIClient, path: str, methods: set[str]) -> None:
    if path == "/metrics":
        return  # not there without its token
    root.enforce_csrf_checks = True
    for method in METHODS - methods:
        for query in ("", "?unheard=of"):
            response = root.generic(method, f"{path}{query}")

            problem(response, 405, "method_not_allowed")
            assert allowed(response) == methods


@pytest.mark.parametrize(("path", "methods"), list(paths()))
def test_options_has_no_body_and_takes_no_permission(
    plain: APIClient, path: str, methods: set[str]
) -> None:
    if path == "/metrics":
        return
    response = plain.options(path)

    assert (response.status_code, response.content) == (200, b"")
    assert allowed(response) == methods
    problem(plain.generic("TRACE", path), 405, "method_not_allowed")


def test_a_form_posted_to_a_page_is_told_that_this_is_no_method() -> None:
    browser = Client(enforce_csrf_checks=True)
    for path in PAGES:
        problem(browser.post(path, {"a": 1}), 405, "method_not_allowed")
        assert browser.head(path).status_code in (200, 302)
