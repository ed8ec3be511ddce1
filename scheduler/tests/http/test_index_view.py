"""The index names calls that exist."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


def test_the_index_names_paths_that_exist(
    browser: Client, api: APIClient, settings: Settings
) -> None:
    settings.METRICS_TOKEN = "it-is-open-here-so-that-it-exists"
    endpoints = browser.get("/").json()["endpoints"]

    assert "POST /addJob" in endpoints.values()
    for endpoint in endpoints.values():
        path = endpoint.split()[1].replace("<id>", "01890000-0000-7000-8000-000000000000")
        path = path.replace("<name>", "default")
        is_page = path.startswith(("/admin/", "/docs/"))
        response = browser.get(path) if is_page else api.options(path)
        assert response.status_code in (200, 302, 401, 403), endpoint
