"""What Prometheus reads, and that nobody else does."""

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from jobs.core.actor import CODE
from jobs.core.clock import HOUR_SECONDS
from jobs.models import DeadLetter, Job, Schedule
from jobs.models.moments import seconds_ago
from jobs.models.schedule_queryset import DECLARED_FOR_SECONDS
from jobs.services.queues import queue_pause
from jobs.tests.api.outages import without_postgresql
from jobs.tests.factories import make_job, make_worker
from jobs.tests.fake_clock import FakeClock
from jobs.tests.scheduling import due_schedule
from jobs.tests.steps import die, succeed
from scheduler.http import metrics_view
from scheduler.http.metrics_view import ASK_SECONDS, Figures, LastFigures

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "a-token-for-the-scraper"


@pytest.fixture(autouse=True)
def opened(settings: Settings) -> Iterator[None]:
    settings.METRICS_TOKEN = TOKEN
    metrics_view.last_figures.forget()
    yield
    metrics_view.last_figures.forget()


def scraped(anonymous: APIClient) -> Any:
    return anonymous.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})


def figures(response: Any) -> dict[tuple[str, tuple[str, ...]], float]:
    """By name, and the values of its labels in the order of their names."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_it_is_closed_where_no_token_is_set(anonymous: APIClient, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    for headers in ({}, {"authorization": "Bearer "}):
        assert anonymous.get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize("sent", ["", f"Bearer {TOKEN}x", "Bearer ", TOKEN, "Bearer ü"])
def test_it_takes_its_token_and_no_other(anonymous: APIClient, sent: str) -> None:
    response = anonymous.get("/metrics", headers={"authorization": sent})
    assert response.status_code == 401
    assert response.json()["code"] == "metrics_token_needed"
    assert response["WWW-Authenticate"] == 'Bearer realm="metrics"'


def test_the_token_of_a_person_is_not_its_token(api: APIClient) -> None:
    assert api.get("/metrics").status_code == 401


def test_it_says_what_waits_and_who_works(anonymous: APIClient) -> None:
    make_job()
    make_job(queue="bulk")
    queue_pause(name="bulk", actor=CODE, reason="moving")
    die(make_job())
    response = scraped(anonymous)
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    found = figures(response)
    assert found["jobs_depth", ("default", "ready")] == 1
    assert found["jobs_depth", ("bulk", "ready")] == 1
    assert found["queue_paused", ("bulk",)] == 1
    assert found["queue_paused", ("default",)] == 0
    assert found["jobs_oldest_ready_age_seconds", ("default",)] >= 0
    assert found["jobs_oldest_ready_age_seconds", ("emails",)] == 0
    assert sum(value for (name, _), value in found.items() if name == "jobs_dead") == 1
    assert found["workers_up", ()] == 1
    assert found["redis_up", ()] == 1
    assert found["schedules_late", ()] == 0


def test_a_schedule_that_is_orphaned_is_not_late(anonymous: APIClient) -> None:
    rows = Schedule.objects.filter(id=due_schedule(HOUR_SECONDS).id)
    assert figures(scraped(anonymous))["schedules_late", ()] == 1
    rows.update(declared_in="shop.jobs.report", declared_at=seconds_ago(DECLARED_FOR_SECONDS + 1))
    metrics_view.last_figures.forget()
    assert figures(scraped(anonymous))["schedules_late", ()] == 0


def test_the_oldest_ready_job_gives_the_age(anonymous: APIClient) -> None:
    job = make_job()
    Job.objects.filter(id=job.id).update(run_at="2026-01-01T00:00:00Z")
    assert figures(scraped(anonymous))["jobs_oldest_ready_age_seconds", ("default",)] > 3_600


def test_a_type_that_code_does_not_know_is_no_series_of_its_own(anonymous: APIClient) -> None:
    for name in ("gone.one", "gone.two"):
        DeadLetter.objects.filter(id=die(make_job()).id).update(type=name)
    found = figures(scraped(anonymous))
    assert found["jobs_dead", ("default", "other")] == 2


@pytest.mark.usefixtures("redis_away")
def test_without_redis_the_rest_is_there(anonymous: APIClient) -> None:
    make_worker()
    found = figures(scraped(anonymous))
    assert found["redis_up", ()] == 0
    assert found["workers_up", ()] == 1


def test_without_postgresql_it_says_so(anonymous: APIClient) -> None:
    with without_postgresql():
        response = scraped(anonymous)
    assert response.status_code == 503
    assert response.json()["code"] == "database_unavailable"


def test_what_has_ended_is_counted_with_its_waits_and_run_times(anonymous: APIClient) -> None:
    succeed(make_job())
    succeed(make_job())
    die(make_job())
    found = figures(scraped(anonymous))
    assert found["jobs_finished_total", ("succeeded", "default", "tests.note")] == 2
    assert found["jobs_finished_total", ("dead", "default", "tests.note")] == 1
    for name in ("jobs_queue_wait_seconds", "jobs_run_duration_seconds"):
        assert found[f"{name}_bucket", ("+Inf", "default")] == 3
        assert found[f"{name}_bucket", ("3600.0", "default")] == 3
        assert found[f"{name}_count", ("default",)] == 3
        assert found[f"{name}_sum", ("default",)] >= 0


def test_many_scrapers_cost_no_more_than_one() -> None:
    clock, asked = FakeClock(), []

    def ask() -> Figures:
        asked.append(1)
        return Figures([], [], [], [])

    last = LastFigures(clock, ask)
    last.now()
    last.now()
    assert len(asked) == 1
    clock.now += ASK_SECONDS
    last.now()
    assert len(asked) == 2
