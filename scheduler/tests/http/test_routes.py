"""The index and the paths that are served name the same calls; every code is explained."""

import re

from rest_framework.exceptions import APIException

from jobs.tests.sources import sources
from scheduler.http.index_view import ENDPOINTS
from scheduler.http.routes import ROUTES
from scheduler.openapi.codes import CODES
from scheduler.tests.http.served_routes import served

CODE = re.compile(r"""(?:default_code = |Problem\(\s*\d{3},\s*)"([a-z_]+)\"""")


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
