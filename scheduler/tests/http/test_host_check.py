"""A probe knows a container's address only; everybody else has to name an allowed host."""

import pytest
from django.test import Client
from pytest_django import Settings

ADDRESS = "10.1.2.3:8000"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health"])
@pytest.mark.django_db
def test_a_probe_may_call_by_address(path: str, client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["jobs.example.com"]
    assert client.get(path, headers={"host": ADDRESS}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/addJob", "/admin/login/"])
def test_nobody_else_may(path: str, client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["jobs.example.com"]
    assert client.get(path, headers={"host": ADDRESS}).status_code == 400
