"""The page about the health of the installation."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.broker.base import ServerFacts
from jobs.services import health
from jobs.services.health import TableFact, health_now
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, text_of

pytestmark = pytest.mark.django_db


def page() -> str:
    return reverse("admin:jobs_health")


def test_it_shows_what_matters_and_no_secret(admin_client: Client, settings: Any) -> None:
    settings.JOBS_REDIS_URL = settings.JOBS_REDIS_URL.replace("redis://", "redis://:hunter2@", 1)
    text = text_of(admin_client, page())
    shown = ["all are applied", "jobs_job", "JOBS_RETENTION_DAYS", "JOBS_QUEUES", "PostgreSQL"]
    assert_contains_all(text, shown)
    assert "hunter2" not in text
    settings.JOBS_TRACE_URL = ""
    [trace_url] = [one for one in health_now().settings if one.name == "JOBS_TRACE_URL"]
    assert trace_url.value == "not set"
    assert "JOBS_REDIS_URL" in text


def test_redis_that_may_evict_and_is_nearly_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broker:
        def server_facts(self) -> ServerFacts:
            return ServerFacts("Redis 7", "allkeys-lru", used_bytes=95, max_bytes=100)

    monkeypatch.setattr(health, "get_broker", Broker)
    advice = {fact.name: fact.advice for fact in health_now().broker}
    assert "noeviction" in advice["eviction policy"]
    assert "more memory" in advice["memory"]


def test_redis_that_is_away_is_told(redis_away: None) -> None:
    [fact] = health_now().broker
    assert "does not answer" in fact.value


@pytest.mark.parametrize(
    ("rows", "dead", "is_bloated"),
    [(100, 5_000, False), (1_000_000, 100_000, False), (1_000_000, 300_000, True)],
)
def test_bloat(rows: int, dead: int, is_bloated: bool) -> None:
    assert TableFact("t", rows, dead, 1, None, None).is_bloated is is_bloated


def test_it_takes_a_permission() -> None:
    assert signed_in(make_staff("view_worker")).get(page()).status_code == 403
    assert signed_in(make_staff("view_health")).get(page()).status_code == 200
