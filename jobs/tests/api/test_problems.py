"""Errors outside of the API's own views, and the id that every answer carries."""

import logging
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from scheduler.logs.request_filter import RequestFilter

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    """A client that gets a 500 as a response, as real ones do."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("path", ["/nothing", "/failedjobs", "/jobs/a/b/c", "/administrator", "/é"])
def test_a_path_that_is_not_there(browser: Client, settings: Any, path: str, debug: bool) -> None:
    settings.DEBUG = debug

    problem(browser.get(path), 404, "not_found")


def test_a_path_is_told_in_the_form_of_a_uri(browser: Client) -> None:
    assert browser.get('/é"<b>').json()["instance"] == "/%C3%A9%22%3Cb%3E"


def test_a_host_that_is_not_ours(browser: Client, settings: Any) -> None:
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["jobs.example.com"]

    problem(browser.post("/login", HTTP_HOST="evil.example.com"), 400, "bad_request")


@pytest.mark.parametrize("debug", [True, False])
def test_a_failure_in_a_view(
    api: APIClient,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    debug: bool,
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("the reason")

    settings.DEBUG = debug
    caplog.handler.addFilter(RequestFilter())
    monkeypatch.setattr("jobs.api.jobs.add_job_views.job_enqueue_together", fail)

    response = api.post("/addJob", {"type": "tests.note", "payload": {}})

    body = problem(response, 500, "internal_error")
    assert "the reason" not in response.text
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.__dict__["request_id"] == body["request_id"]
    assert record.__dict__["event"] == "request.failed"
    assert record.exc_info
    assert "the reason" in str(record.exc_info[1])


def test_a_failure_outside_of_a_view(
    browser: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the reason")

    settings.DEBUG = False
    monkeypatch.setattr(
        "django.middleware.clickjacking.XFrameOptionsMiddleware.process_response", fail
    )

    problem(browser.get("/"), 500, "internal_error")


def test_the_admin_keeps_its_own_pages(browser: Client, settings: Any) -> None:
    settings.DEBUG = False
    browser.force_login(User.objects.create_superuser("root"))

    response = browser.get("/admin/nothing/")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_the_admin_is_found_without_a_slash(browser: Client) -> None:
    response = browser.get("/admin")

    assert response.status_code == 302
    assert response["Location"] == "/admin/"


@pytest.mark.parametrize("sent", ["a", "req-1.2_3:4/5+6=7@8", "x" * 128])
def test_a_request_keeps_the_id_it_came_with(browser: Client, sent: str) -> None:
    assert browser.get("/", HTTP_X_REQUEST_ID=sent)["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", " ", "two words", "x" * 129, "a\nb", "é", "<script>"])
def test_an_id_that_is_not_fit_for_a_log_is_replaced(browser: Client, sent: str) -> None:
    response = browser.get("/nothing", HTTP_X_REQUEST_ID=sent)

    assert len(problem(response, 404, "not_found")["request_id"]) == 32


def test_every_request_without_an_id_gets_one_of_its_own(browser: Client) -> None:
    assert browser.get("/")["X-Request-ID"] != browser.get("/")["X-Request-ID"]


def test_the_index_names_paths_that_exist(browser: Client, api: APIClient) -> None:
    endpoints = browser.get("/").json()["endpoints"]

    assert "POST /addJob" in endpoints.values()
    for endpoint in endpoints.values():
        path = endpoint.split()[1].replace("<id>", "01890000-0000-7000-8000-000000000000")
        response = api.options(path) if "admin" not in path else browser.get(path)
        assert response.status_code in (200, 302, 403), endpoint
