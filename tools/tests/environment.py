"""A fixture for the tests of the environment and of the two commands."""

import os

import pytest

_OURS = ("ENVIRONMENT", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variables of the service, as in a terminal that was just opened."""
    for name in list(os.environ):
        if name in _OURS or name.startswith("JOBS_"):
            monkeypatch.delenv(name)
