"""In a real browser: the pages of `/docs/` show the calls, and load nothing from elsewhere."""

import re

import pytest
from playwright.sync_api import Request, expect
from pytest_django.live_server_helper import LiveServer

from jobs.tests.admin.browser import browser_page


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/docs/", "/docs/redoc/"])
def test_the_calls_are_shown(live_server: LiveServer, path: str) -> None:
    asked: list[str] = []
    failed: list[Request] = []

    with browser_page() as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: failed.append(request))
        page.goto(f"{live_server.url}{path}")
        expect(page.locator("body")).to_contain_text("/v1/addJob", timeout=60_000)
        expect(page.locator("body")).to_contain_text(re.compile("accepts a job"))

    foreign = [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))]
    assert foreign == []
    assert [request.url for request in failed] == []
