"""`GET /metrics`: the figures of the whole service for Prometheus; closed without a token."""

import hmac
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.scopes import ANY_TOKEN
from jobs.core.clock import Clock, SystemClock
from jobs.core.histogram import BOUNDS
from jobs.services.counted_here import counted_here
from jobs.services.gauges import Gauge, gauges_now
from jobs.services.roll_ups import Durations, Ended, totals_now
from scheduler.http.asked_seldom import AskedSeldom
from scheduler.serving.request_counts import OTHER, request_counts

# Several scrapers, and two of each for safety, cost PostgreSQL no more than one.
ASK_SECONDS = 5.0


class NoMetricsToken(AuthenticationFailed):
    """401: the caller is no scraper."""

    default_code = "metrics_token_needed"

    def __init__(self) -> None:
        super().__init__("Send METRICS_TOKEN as a bearer token.")


class ScraperAuthentication(BaseAuthentication):
    """By a token of its own: scrapers have no account. Without METRICS_TOKEN nothing is there."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, str]:
        """Raises NotFound where it is closed, NoMetricsToken for another token."""
        if not settings.METRICS_TOKEN:
            raise NotFound("There is nothing here.")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        wanted = settings.METRICS_TOKEN.encode()
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), wanted):
            raise NoMetricsToken
        return AnonymousUser(), "scraper"

    def authenticate_header(self, request: Request) -> str:
        """For the 401."""
        return 'Bearer realm="metrics"'


class MetricsView(APIView):
    """Answers scrapers."""

    authentication_classes = (ScraperAuthentication,)
    permission_classes = (AllowAny,)
    required_scopes = {"get": ANY_TOKEN}  # it is no token of an account

    def get(self, request: Request) -> HttpResponse:
        """The text format of Prometheus."""
        return HttpResponse(
            generate_latest(_registry),
            content_type=CONTENT_TYPE_PLAIN_0_0_4,
            headers={"Cache-Control": "no-store"},
        )


class Figures(NamedTuple):
    """Everything that `/metrics` shows, of one moment."""

    gauges: list[Gauge]
    ended: list[Ended]
    waits: list[Durations]
    run_times: list[Durations]


def figures_now() -> Figures:
    """Raises the database's errors."""
    return Figures(gauges_now(), *totals_now())


class LastFigures(AskedSeldom[Figures]):
    """The figures of at most ASK_SECONDS ago."""

    def __init__(self, clock: Clock, ask: Callable[[], Figures] = figures_now) -> None:
        super().__init__(clock, ask, ASK_SECONDS)


class _OfService(Collector):
    def collect(self) -> Iterator[Metric]:
        figures = last_figures.now()
        for gauge in figures.gauges:
            family = GaugeMetricFamily(gauge.name, gauge.describes, labels=gauge.labels)
            for labels, value in gauge.samples:
                family.add_metric(labels, value)
            yield family
        yield from _requests()
        yield from counted_here()  # by all processes of this gunicorn, and no other
        yield _counter(figures.ended)
        yield _histogram(
            "jobs_queue_wait_seconds", "From when a job could run to its claim.", figures.waits
        )
        yield _histogram(
            "jobs_run_duration_seconds", "From the claim to the outcome.", figures.run_times
        )


def _requests() -> Iterator[Metric]:
    """Of all processes of this gunicorn, and no other."""
    answers = CounterMetricFamily(
        "api_requests", "Answers of this instance.", labels=("route", "method", "status")
    )
    times = HistogramMetricFamily(
        "api_request_duration_seconds",
        "From the complete request to its answer.",
        labels=("route", "method"),
    )
    for call in request_counts.calls():
        for status, count in call.statuses.items():
            answers.add_metric((call.route, call.method, str(status or OTHER)), count)
        times.add_metric((call.route, call.method), _buckets(call.counts), call.seconds)
    yield answers
    yield times


def _counter(ended: list[Ended]) -> Metric:
    counter = CounterMetricFamily(
        "jobs_finished",
        "Jobs that have ended, and attempts that are tried again (outcome retried).",
        labels=("queue", "type", "outcome"),
    )
    for one in ended:
        counter.add_metric((one.queue, one.type, one.outcome), one.total)
    return counter


def _histogram(name: str, describes: str, durations: list[Durations]) -> Metric:
    histogram = HistogramMetricFamily(name, describes, labels=("queue",))
    for one in durations:
        histogram.add_metric((one.queue,), _buckets(one.counts), sum_value=one.seconds)
    return histogram


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    """Prometheus adds up the buckets from below."""
    limits = [*map(str, BOUNDS), "+Inf"]
    return list(zip(limits, accumulate(counts), strict=True))


last_figures = LastFigures(SystemClock())
_registry = CollectorRegistry(auto_describe=False)
_registry.register(_OfService())
