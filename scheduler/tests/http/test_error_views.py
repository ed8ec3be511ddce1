"""What is answered where no view of the API answers."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.problem import problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("path", ["/nothing", "/failedjobs", "/jobs/a/b/c", "/administrator", "/é"])
def test_a_path_that_is_not_there(browser: Client, settings: Any, path: str, debug: bool) -> None:
    settings.DEBUG = debug

    problem(browser.get(path), 404, "not_found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("path", ["/nothing", "/addjob", "/static/nothing.css", "/a//b", "/%00"])
def test_a_path_that_is_not_there_for_any_method(method: str, path: str) -> None:
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    headers = {"Origin": "https://elsewhere.example.com"}

    problem(getattr(browser, method)(path, "{}", "application/json"), 404, "not_found")
    problem(browser.post(path, {"a": 1}, headers=headers), 404, "not_found")


def test_a_form_without_its_token_beside_the_admin() -> None:
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)

    problem(browser.post("/admin", {"a": 1}), 403, "permission_denied")
    page = browser.post("/admin/login/", {"username": "root"})
    assert (page.status_code, page["Content-Type"].split(";")[0]) == (403, "text/html")


def test_a_path_is_told_in_the_form_of_a_uri(browser: Client) -> None:
    assert browser.get('/é"<b>').json()["instance"] == "/%C3%A9%22%3Cb%3E"


def test_a_host_that_is_not_allowed(browser: Client, settings: Any) -> None:
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["jobs.example.com"]

    problem(browser.post("/login", HTTP_HOST="evil.example.com"), 400, "bad_request")


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


def test_the_admin_says_what_to_do_under_the_id_of_the_request(
    browser: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver"]
    browser.force_login(User.objects.create_user("looks", is_staff=True))

    def said(path: str, **more: Any) -> tuple[int, str]:
        answer = browser.get(path, headers={"X-Request-ID": "req-17"}, **more)
        assert "req-17" in answer.text
        return answer.status_code, answer.text

    status, text = said("/admin/nothing/")
    assert (status, "There is nothing here" in text) == (404, True)
    status, text = said("/admin/jobs/job/")
    assert (status, "You may not do that" in text) == (403, True)
    status, text = said("/admin/", HTTP_HOST="evil.example.com")
    assert (status, "ALLOWED_HOSTS" in text, "looks" in text) == (400, True, False)

    def fail(*_: object) -> None:
        raise RuntimeError("the reason")

    monkeypatch.setattr("scheduler.admin_navigation._may_see", fail)
    monkeypatch.setattr("jobs.admin.overview.overview_view.database_now", fail)
    status, text = said("/admin/")
    assert (status, "The server failed" in text, "the reason" in text) == (500, True, False)


def test_the_admin_is_found_without_a_slash(browser: Client) -> None:
    response = browser.get("/admin")

    assert response.status_code == 302
    assert response["Location"] == "/admin/"
