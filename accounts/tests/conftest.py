"""Fixtures for accounts: every test starts with the rate limit unused."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches
from rest_framework.test import APIClient

from accounts import counters
from accounts.checked_tokens import checked_tokens
from accounts.models import User

PASSWORD = "wide-river-42"

Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_attempts() -> None:
    counters._Redis.usable_at = 0.0
    counters._own.clear()
    cache: Any = caches["default"]
    cache.delete_pattern("login:*")


@pytest.fixture(autouse=True)
def nothing_checked() -> Iterator[None]:
    checked_tokens.clear()
    yield
    checked_tokens.clear()


@pytest.fixture
def post() -> Post:
    """Posts JSON to a path, from an address, without a token."""

    def call(path: str, body: Any, address: str = "127.0.0.1", **headers: str) -> Any:
        client = APIClient(raise_request_exception=False)
        client.credentials(REMOTE_ADDR=address, **headers)  # any header, in spite of the name
        return client.post(path, body, format="json")

    return call


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("rose", password=PASSWORD)
