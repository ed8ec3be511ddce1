"""Fixtures of the tests of HTTP: the API's clients, and a browser."""

import pytest
from django.test import Client

from jobs.tests.api.conftest import anonymous, api, user
from jobs.tests.conftest import clean_redis, redis_away

__all__ = ["anonymous", "api", "clean_redis", "redis_away", "user"]


@pytest.fixture
def browser() -> Client:
    """A client that gets a 500 as a response, as real ones do."""
    return Client(raise_request_exception=False)
