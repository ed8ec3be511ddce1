"""The index and the paths that are served name the same calls; every code is explained."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from rest_framework.exceptions import APIException

from jobs.tests.sources import sources
from scheduler.http.index_view import ENDPOINTS
from scheduler.http.routes import ROUTES
from scheduler.openapi.codes import CODES

ARGUMENT = re.compile(r"\(\?P<(\w+)>.*?\)(?=/|$)")
# Neither is a call of the API: pages of the admin, and what answers where nothing else does.
NO_CALLS = ("admin", "^admin", "")
PAGES = ("admin", "^admin", "docs")
CODE = re.compile(r"""(?:default_code = |Problem\(\s*\d{3},\s*)"([a-z_]+)\"""")


def patterns(resolver: Any) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            if not str(one.pattern).startswith("admin"):
                yield from patterns(one)
        elif not str(one.pattern).startswith(PAGES):
            yield one


def path_of(pattern: URLPattern) -> str:
    route = str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix("/?")
    route = ARGUMENT.sub(lambda found: {"pk": "<id>"}.get(found[1], f"<{found[1]}>"), route)
    return f"/{route}"


def methods_of(pattern: URLPattern) -> list[str]:
    callback: Any = pattern.callback
    if actions := getattr(callback, "actions", None):
        return [method.upper() for method in actions if method != "head"]
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if view is None:
        return []  # what answers where nothing else does
    names = [name for name in view.http_method_names if hasattr(view, name)]
    return [name.upper() for name in names if name not in ("head", "options")]


def served() -> set[str]:
    return {
        f"{method} {path_of(pattern)}"
        for pattern in patterns(get_resolver())
        for method in methods_of(pattern)
    }


def test_the_table_has_every_call_that_is_served_and_no_other() -> None:
    assert {one.call for one in ROUTES} == served()


def test_the_index_has_every_call_once() -> None:
    assert len(ENDPOINTS) == len(ROUTES) + 3
    assert set(ENDPOINTS.values()) == {one.call for one in ROUTES} | {
        "GET /admin/",
        "GET /docs/",
        "GET /docs/redoc/",
    }


def test_every_code_is_explained() -> None:
    """Of exceptions and problems; codes of single fields are told in `errors`."""
    texts = [
        path.read_text(encoding="utf-8")
        for folder in ("jobs/api", "accounts/api", "scheduler")
        for path in sources(folder)
        if "tests" not in path.parts
    ]
    codes = {code for text in texts for code in CODE.findall(text)}
    assert {"busy", "already_final", "not_found"} <= codes
    assert sorted(codes - CODES.keys()) == [], "explain them in scheduler/openapi/codes.py"


def test_codes_of_the_framework_s_refusals_are_explained() -> None:
    kinds = [one for one in APIException.__subclasses__() if one.__module__.startswith("rest_")]
    codes = {str(one.default_code) for one in kinds} - {"error", "authentication_failed"}
    assert sorted(codes - CODES.keys()) == []
