"""Jobs of `http_request` over the API: closed by default, and masked where they are shown."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.tests.problem import problem

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "Bearer 3f9c-abcdef"
REQUEST: dict[str, Any] = {
    "type": "http_request",
    "payload": {
        "url": "https://api.example.com/hook",
        "secret_headers": {"Authorization": SECRET},
    },
}


def test_a_server_that_names_no_hosts_says_what_to_do(api: APIClient) -> None:
    body = problem(api.post("/addJob", REQUEST, format="json"), 400, "invalid_payload")
    assert "JOBS_HTTP_ALLOWED_HOSTS" in body["detail"]
    assert SECRET not in str(body)


def test_secret_headers_are_masked(api: APIClient, settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["api.example.com"]
    accepted = api.post("/addJob", REQUEST, format="json")
    assert accepted.status_code == 202
    shown = api.get(f"/jobs/{accepted.json()['id']}")
    assert shown.json()["payload"]["url"] == REQUEST["payload"]["url"]
    assert SECRET not in shown.content.decode()
