"""Every call, also one that is added later, refuses query parameters that it does not know."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern
from rest_framework.test import APIClient

from accounts.api import urls as accounts_urls
from accounts.tests.problem import problem
from jobs.api import urls
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db

SAMPLES = {"pk": "01a20aec-3aea-7c47-8536-76919ca75d4c", "name": "default"}


def calls() -> Iterator[tuple[str, str]]:
    """Method and path of each call."""
    for pattern in [*urls.urlpatterns, *accounts_urls.urlpatterns]:
        assert isinstance(pattern, URLPattern)
        path = re.sub(r"\(\?P<(\w+)>[^)]+\)", lambda m: SAMPLES[m[1]], str(pattern.pattern))
        view: Any = pattern.callback
        methods = getattr(view, "actions", None) or [
            name for name in ("get", "post", "patch", "delete") if hasattr(view.cls, name)
        ]
        for method in methods:
            if method != "head":
                yield method, "/" + path.lstrip("^").removesuffix("/?$")


@pytest.mark.parametrize(("method", "path"), list(calls()))
def test_unknown_query_parameters(method: str, path: str) -> None:
    api: APIClient = client_of(make_user(is_superuser=True))

    for query in ("unheard=of", "unheard=of&unheard=of"):
        response = getattr(api, method)(f"{path}?{query}", None if method == "get" else {})
        [error] = problem(response, 400, "invalid")["errors"]
        assert error["pointer"] == "/unheard"
