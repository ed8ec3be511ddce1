"""No cache stores an answer, and no page loads what is not its own."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User

pytestmark = pytest.mark.django_db

ID = "01890000-0000-7000-8000-000000000000"


def paths_of(api: APIClient) -> dict[str, Any]:
    return {
        "job list": api.get("/jobs"),
        "no such job": api.get(f"/jobs/{ID}"),
        "refused job": api.post("/addJob", {}),
        "dead letters": api.get("/failedJobs"),
        "tokens": api.post("/login", {"username": "rose", "password": "wide-river-42"}),
        "refused log-in": api.post("/login", {"username": "rose", "password": "x"}),
        "sign-up": api.post("/signup", {"username": "iris", "password": "wide-river-42"}),
        "refresh": api.post("/refreshToken", {"refresh": "x"}),
        "log-out": api.post("/logoutEverywhere"),
        "index": api.get("/"),
        "nothing": api.get("/nothing"),
        "wrong method": api.get("/login"),
        "health": api.get("/health"),
    }


def test_the_api_lets_caches_and_browsers_do_nothing(api: APIClient, settings: Any) -> None:
    settings.SIGNUP_ENABLED = True
    User.objects.create_user("rose", password="wide-river-42")
    for name, response in paths_of(api).items():
        assert response["Cache-Control"] == "no-store", name
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy
        assert "self" not in policy
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"


def test_the_admin_loads_its_own_files_alone() -> None:
    admin = Client(raise_request_exception=False)
    log_in = admin.get("/admin/login/")
    admin.force_login(User.objects.create_superuser("root"))
    pages = [admin.get(path) for path in ("/admin/", "/admin/jobs/job/", "/admin/accounts/user/")]
    pages.append(admin.get("/admin/nothing/"))
    for response in (log_in, *pages):
        assert "no-store" in response["Cache-Control"]
        policy = response["Content-Security-Policy"]
        # What django-unfold asks for; without it the policy is stricter: see test_theme.py.
        assert "script-src 'self' 'unsafe-eval';" in policy
        assert "style-src 'self' 'unsafe-inline';" in policy
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy


@pytest.mark.parametrize("path", ["/docs/", "/docs/redoc/"])
def test_the_documentation_runs_no_script_but_its_own_files(path: str) -> None:
    response = Client().get(path)

    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self' 'unsafe-inline';" in policy
    assert "default-src 'none'" in policy
    assert response.content.count(b"<script src=") == response.content.count(b"<script") == 2
    assert b"style=" not in response.content


def test_the_documentation_without_its_slash() -> None:
    assert Client().get("/docs")["Location"] == "/docs/"
    assert "unsafe" not in Client().get("/docsx")["Content-Security-Policy"]


def test_a_path_that_only_looks_like_the_admins() -> None:
    assert "script-src" not in Client().get("/administration")["Content-Security-Policy"]


def test_static_files_may_be_kept(settings: Any) -> None:
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    response = Client().get("/static/admin/css/base.css")

    response.close()

    assert response.status_code == 200
    assert "no-store" not in response["Cache-Control"]


@pytest.fixture
def https_only(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.usefixtures("https_only")
@pytest.mark.parametrize("path", ["/login", "/signup", "/addJob", "/nothing", "/admin/login/"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_plain_request_with_a_body_is_refused(path: str, method: str) -> None:
    response = getattr(Client(), method)(path)

    assert response.status_code == 403
    assert response.json()["code"] == "https_required"
    assert "Location" not in response


@pytest.mark.usefixtures("https_only")
@pytest.mark.parametrize(
    ("header", "value"), [("Authorization", "Bearer x"), ("Cookie", "a=b; sessionid=x")]
)
def test_a_plain_request_with_credentials_is_refused(header: str, value: str) -> None:
    response = Client().get("/jobs", headers={header: value})

    assert (response.status_code, response.json()["code"]) == (403, "https_required")


@pytest.mark.usefixtures("https_only")
def test_other_plain_requests_are_redirected_and_probes_answered() -> None:
    redirected = Client().get("/jobs?x=y", headers={"Cookie": "another=site"})

    assert redirected.status_code == 301
    assert redirected["Location"] == "https://testserver/jobs?x=y"
    assert redirected["Cache-Control"] == "no-store"
    assert Client().get("/health/live").status_code == 200


@pytest.mark.usefixtures("https_only")
def test_secure_requests_are_answered() -> None:
    response = Client().post("/login", headers={"X-Forwarded-Proto": "https"})

    assert response.status_code not in (301, 403)
