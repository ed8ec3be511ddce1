"""Statuses and header fields of odd calls are in the document: clients read no other page."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.tokens import SCOPE_CLAIM, AccessToken
from jobs.tests.factories import make_job
from jobs.tests.scheduling import make_schedule
from tools.development.openapi_file import FILE

pytestmark = pytest.mark.django_db

JSON = "application/json"
ID = "01890000-0000-7000-8000-000000000000"
BASIC = {"Authorization": "Basic YTpi"}
# Fields of HTTP and of browsers, which any answer may have.
OF_ANY = {
    *("allow", "cache-control", "content-length", "content-security-policy", "content-type"),
    *("cross-origin-opener-policy", "referrer-policy", "vary", "x-content-type-options"),
    "x-frame-options",
}


@pytest.fixture
def rose() -> User:
    user = User.objects.create_user("rose")
    user.user_permissions.set(Permission.objects.filter(codename__contains="schedule"))
    return user


def client_of(user: User, **claims: str) -> Client:
    token = AccessToken.for_user(user)
    token.payload |= claims
    authorization = {"Authorization": f"Bearer {token}"}
    return Client(headers=authorization, raise_request_exception=False)


def check_told(path: str, answer: Any) -> None:
    """The document has the status of the answer, and each of its header fields."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    method = answer.request["REQUEST_METHOD"].lower()
    told = document["paths"][path][method]["responses"].get(str(answer.status_code))
    assert told is not None, (method, path, answer.status_code, answer.content)
    if (reference := told.get("$ref")) is not None:
        told = document["components"]["responses"][reference.rpartition("/")[2]]
    names = {name.lower() for name in told["headers"]}
    assert {name.lower() for name in answer.headers} - OF_ANY - names == set(), (method, path)


@pytest.mark.parametrize("path", ["/", "/health/live", "/v1/jobs", "/.well-known/jwks.json"])
def test_what_any_call_may_be_refused_for(rose: User, path: str, settings: Settings) -> None:
    client = client_of(rose)
    refused = [
        client.get(path, headers={"Content-Encoding": "gzip"}),
        client.get(path, headers={"Transfer-Encoding": "chunked"}),
        client.get(path, headers={"Accept": "image/png"}),
    ]
    assert [one.status_code for one in refused] == [415, 411, 406]
    for one in refused:
        check_told(path, one)
    if not path.startswith("/health"):  # probes come with any host
        settings.ALLOWED_HOSTS = ["jobs.example.com"]
        wrong = client.get(path, headers={"Host": "evil.example"})
        assert "ALLOWED_HOSTS" in wrong.json()["detail"]
        check_told(path, wrong)


def test_what_answers_have_beside_their_bodies(rose: User) -> None:
    client, schedule = client_of(rose), make_schedule()
    job = make_job(submitted_by_id=rose.pk)
    check_told("/v1/jobs/{id}/cancel", client.post(f"/v1/jobs/{job.pk}/cancel", {}, JSON))
    for decision in ("pause", "resume", "run"):
        path = f"/v1/schedules/{schedule.pk}/{decision}"
        check_told(f"/v1/schedules/{{id}}/{decision}", client.post(path, {}, JSON))
    asked = {"name": "a", "type": "tests.note", "payload": {"text": "a"}, "every_seconds": 60}
    made = client.post("/v1/schedules", asked, JSON)
    assert made.status_code == 201
    check_told("/v1/schedules", made)


def test_what_refusals_have_beside_their_problems(rose: User) -> None:
    narrowed = client_of(rose, **{SCOPE_CLAIM: "jobs:read"})
    refused = narrowed.post("/v1/addJob", {}, JSON)
    assert "WWW-Authenticate" in refused
    check_told("/v1/addJob", refused)
    form = "application/x-www-form-urlencoded"
    wrong = narrowed.post("/v1/token", "grant_type=client_credentials", form, headers=BASIC)
    assert wrong.status_code == 401
    check_told("/v1/token", wrong)
    key = {"Idempotency-Key": "a"}
    for path, template in (
        ("/v1/addJob", "/v1/addJob"),
        (f"/v1/jobs/{ID}/cancel", "/v1/jobs/{id}/cancel"),
    ):
        client_of(rose).post(path, {}, JSON, headers=key)
        again = client_of(rose).post(path, {}, JSON, headers=key)
        assert again["Idempotency-Replayed"] == "true"
        check_told(template, again)


@pytest.mark.parametrize("path", ["/", "/openapi.json", "/health/live", "/v1/jobs"])
def test_no_parameter_asks_for_another_form(rose: User, path: str) -> None:
    answer = client_of(rose).get(f"{path}?format=xml")
    assert answer.status_code == (400 if path == "/v1/jobs" else 200)
    check_told(path, answer)
