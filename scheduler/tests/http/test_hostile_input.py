"""Whatever a call is sent, its answer is one that the document tells, and none is a 5xx."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_job, make_user
from scheduler.http.route import Route
from scheduler.http.routes import ROUTES
from scheduler.openapi.calls import CALLS
from scheduler.openapi.document import openapi_document
from tools.development.openapi_file import built_in_types

pytestmark = pytest.mark.django_db

# What is refused before, and after, any view: never the fault of a value.
ALWAYS = {404, 405}
TEXTS = ("\0", "\ud800", "é" * 300, "' OR 1=1", "../..", "-1", "\r\nX: 1")
BODIES: tuple[Any, ...] = (None, [], {}, "x", 1e308, -(2**70), True, {"a": "\0"}, "\ud800")
HEADERS = ("Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "traceparent")


def paths(route: Route) -> Iterator[str]:
    """The path with texts for what it takes; twice with what may be there."""
    if "<" not in route.path:
        yield route.path
        return
    for text in (*TEXTS, "queue:bulk", "send_email", str(make_job().pk)):
        yield re.sub(r"<\w+>", quote(text, safe="", errors="surrogatepass"), route.path)


def queries(route: Route) -> Iterator[str]:
    """Each parameter of the call with each text."""
    names = ["unheard"]
    if (query := CALLS[route.name].query) is not None:
        names += query().fields
    for name in names:
        for text in TEXTS:
            yield f"{name}={quote(text, safe='', errors='surrogatepass')}"


def bodies(route: Route) -> Iterator[str]:
    """What is no object, and objects with each member of each kind."""
    if route.method == "GET":
        return
    body = CALLS[route.name].body
    members = list(body().fields) if isinstance(body, type) else ["jobs", "type", "payload"]
    yield from (json.dumps(one) for one in BODIES)
    yield from (json.dumps({member: one}) for member in members for one in BODIES)
    yield from ("{", "[" * 200, "NaN", '{"a": 1, "a": 2}', "\ufeff{}")


@pytest.fixture
def statuses() -> dict[str, set[int]]:
    """Of each call, as the document tells them."""
    document = openapi_document(built_in_types())
    return {
        f"{method.upper()} {path.removeprefix('/v1')}": {int(one) for one in told["responses"]}
        for path, item in document["paths"].items()
        for method, told in item.items()
    }


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_it_is_answered_as_the_document_tells(
    route: Route, statuses: dict[str, set[int]], settings: Any
) -> None:
    settings.METRICS_TOKEN = "of-a-service-that-nobody-measures"
    api: APIClient = client_of(make_user(is_superuser=True))
    told = statuses[re.sub(r"<(\w+)>", r"{\1}", route.call)] | ALWAYS

    def check(path: str, body: str = "{}", **headers: str) -> None:
        # A token is good for one call that ends it.
        caller = client_of(make_user()) if route.name == "logout_everywhere" else api
        kind = CALLS[route.name].body_type
        content = "" if route.method == "GET" else body
        response = caller.generic(route.method, path, content, content_type=kind, headers=headers)
        assert response.status_code in told, (path, body, headers, response.content[:300])
        assert response.status_code < 500, (path, body, headers, response.content[:300])

    whole = list(paths(route))
    for path in whole:
        check(path)
    for query in queries(route):
        check(f"{whole[-1]}?{query}")
    for body in bodies(route):
        check(whole[-1], body)
    for header in HEADERS:
        for value in ("", "*", "a" * 300, '"', "\x80", "0-0-queued-9" + "9" * 17):
            check(whole[-1], **{header: value})
