"""The overview: what needs a person, how it goes now, how it went. It refreshes itself."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from jobs.admin.overview.charts import by_colour, durations_chart, throughput_chart
from jobs.admin.shared.theme import IS_THEMED
from jobs.admin.shared.time_limit import within_limit
from jobs.admin.shared.too_slow import too_slow_page
from jobs.services.overview import SPANS, History, Need, history_of, live_workers_now, needs_now
from jobs.services.queues_now import COUNTED, QueueNow, queues_now
from jobs.sql.statements import database_now
from jobs.templatetags.durations import duration

# What the script asks for: the part of the page that changes.
PART = "part"
# A page that is no list.
HEALTH = "health"


def overview(request: HttpRequest) -> HttpResponse:
    """The page, or with `part` what of it changes. `span`: how far its charts reach back."""
    span = SPANS.get(request.GET.get("span", ""), SPANS["hour"])
    is_part = PART in request.GET

    def answer() -> HttpResponse:
        site = {} if is_part else admin.site.each_context(request)
        name = "part" if is_part else "page"
        context = {
            **site,
            "title": "Overview",
            "spans": SPANS.values(),
            "span": span,
            "is_themed": IS_THEMED,
            "app_list": [] if is_part else admin.site.get_app_list(request),
            **_figures(request, span.name),
        }
        return TemplateResponse(request, f"admin/jobs/overview/{name}.html", context)

    return within_limit(answer, lambda: too_slow_page(request, admin.site))


def _figures(request: HttpRequest, span: str) -> dict[str, Any]:
    """As much as this person may see."""
    may = {
        name: request.user.has_perm(f"jobs.view_{name}")
        for name in (
            *("job", "deadletter", "deadlettergroup", "schedule", "queue", "worker", "rollup"),
            "health",
        )
    }
    queues = queues_now() if may["queue"] else []
    figures: dict[str, Any] = {"may": may, "now": database_now(), "queues": _shown(queues)}
    figures["needs"] = [
        {"need": need, "url": _page_of(need, may)}
        for need in needs_now(queues)
        if may[need.subject]
    ]
    figures["tiles"] = list(_tiles_now(queues, may))
    if may["rollup"]:
        history = history_of(SPANS[span])
        figures |= {
            "history": history,
            "ended": {name: f"{count:,}" for name, count in by_colour(history.total.ended).items()},
            "throughput": throughput_chart(history),
            "waits": durations_chart(history, "wait"),
            "run_times": durations_chart(history, "run"),
        }
        figures["tiles"] += _tiles_of(history)
    return figures


def _page_of(need: Need, may: Mapping[str, bool]) -> str:
    """Where it is put right."""
    if need.subject == HEALTH:
        return reverse("admin:jobs_health")
    if need.group is not None and may["deadlettergroup"]:
        if not need.group:
            return reverse("admin:jobs_deadlettergroup_changelist")
        return reverse("admin:jobs_deadlettergroup_change", args=[quote(need.group)])
    page = reverse(f"admin:jobs_{need.subject}_changelist")
    return f"{page}?{urlencode(need.filters)}" if need.filters else page


def _tiles_now(queues: list[QueueNow], may: Mapping[str, bool]) -> Iterator[tuple[str, str, str]]:
    """Label, figure and what explains it."""
    if may["worker"]:
        workers, running = live_workers_now(), sum(one.in_flight for one in queues)
        yield "Workers", f"{workers.live:,}", f"{running:,} of {workers.slots:,} slots run jobs"
    if may["queue"]:
        ages = {one.name: one.oldest_ready_seconds for one in queues if one.oldest_ready_seconds}
        oldest = max(ages, key=lambda name: ages[name], default=None)
        yield (
            "Oldest ready job",
            duration(ages[oldest]) if oldest else "-",
            f"in {oldest}" if oldest else "no job waits",
        )


def _tiles_of(history: History) -> Iterator[tuple[str, str, str]]:
    ended = by_colour(history.total.ended)
    jobs = sum(ended.values()) - ended["retried"]
    share = f"{ended['dead'] / jobs:.2%}" if jobs else "-"
    yield "Ended", f"{jobs:,}", f"{jobs / (history.span.seconds / 60):,.1f} a minute"
    yield "Failed for good", f"{ended['dead']:,}", f"{share} of what ended"
    yield "Wait, p95", duration(history.total.wait_seconds(0.95)), "until a worker took the job"
    yield "Run time, p95", duration(history.total.run_seconds(0.95)), "of an attempt"


def _shown(queues: list[QueueNow]) -> list[dict[str, Any]]:
    """Queues with their depth as a share of the deepest, and in words."""
    deepest = max((one.depth for one in queues), default=0)
    return [
        {
            "name": one.name,
            "url": reverse("admin:jobs_queue_change", args=[quote(one.name)]),
            "depth": f"{one.depth:,}{'+' if one.depth >= COUNTED else ''}",
            "bar": one.depth / deepest * 100 if deepest else 0,
            "oldest": duration(one.oldest_ready_seconds),
            "delayed": f"{one.delayed:,}{'+' if one.delayed >= COUNTED else ''}",
            "held": f"{one.held:,}",
            "running": f"{one.in_flight:,}",
            "is_paused": one.queue.paused_at is not None,
        }
        for one in queues
    ]
