"""Queues in the admin: what is in each, and whether it is paused."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from jobs.admin.queues.decisions import PAUSE, RESUME, pause, resume
from jobs.admin.shared.deciding import confirm_and_decide
from jobs.admin.shared.decision import Decision
from jobs.admin.shared.events import events_about
from jobs.admin.shared.read_only import ReadOnlyAdmin, ReadOnlyList
from jobs.admin.shared.rendering import moment_column
from jobs.core.states import JobState
from jobs.models import DeadLetter, Job, Limit, Queue
from jobs.services.overview import Counts, queue_counts
from jobs.services.queues_now import COUNTED, QueueNow, with_counts
from jobs.templatetags.durations import duration
from jobs.templatetags.links import may_see
from jobs.templatetags.moments import EMPTY, moment

# Of the jobs to which the page of a queue has links.
_STATES = (JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED)


class QueueList(ReadOnlyList):
    """The rows of one page, with what is in each queue."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        _count(list(self.result_list))


def _count(queues: list[Queue]) -> None:
    """Puts the counts of each row beside it, in as many queries for all of them as for one."""
    past_hour = queue_counts(queue.name for queue in queues)
    for now in with_counts(queues):
        now.queue.now = now  # type: ignore[attr-defined]
        now.queue.past_hour = past_hour[now.name]  # type: ignore[attr-defined]


def _now(queue: Queue) -> QueueNow:
    if not hasattr(queue, "now"):
        _count([queue])
    return cast(QueueNow, queue.now)  # type: ignore[attr-defined]


def _past_hour(queue: Queue) -> Counts:
    if not hasattr(queue, "past_hour"):
        _count([queue])
    return cast(Counts, queue.past_hour)  # type: ignore[attr-defined]


class QueueAdmin(ReadOnlyAdmin):
    """Every queue. Two actions, both with the permission to pause queues."""

    list_display = (
        "name",
        "depth",
        "oldest",
        "wait",
        "delayed",
        "held",
        "in_flight",
        "limit",
        "pause",
    )
    fields = (
        "name",
        "jobs_link",
        "depth",
        "oldest",
        "wait",
        "run_time",
        "ended",
        "delayed",
        "held",
        "in_flight",
        "limit",
        "paused",
        "paused_by",
        "paused_reason",
    )
    search_help_text = "The beginning of a queue's name."
    empty_hint = "JOBS_QUEUES names the queues; a worker makes their rows when it starts."
    actions = ("pause_selected", "resume_selected")
    change_form_template = "admin/jobs/queue/record.html"

    def search(self, term: str) -> Q:
        return Q(name__startswith=term)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return QueueList

    def has_pause_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs either action."""
        return request.user.has_perm("jobs.pause_queue")

    @admin.action(description="Pause selected", permissions=["pause"])
    def pause_selected(
        self, request: HttpRequest, queryset: QuerySet[Queue]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, PAUSE, pause)

    @admin.action(description="Resume selected", permissions=["pause"])
    def resume_selected(
        self, request: HttpRequest, queryset: QuerySet[Queue]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, RESUME, resume)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        queue: Queue = kwargs["obj"]
        context["decisions"] = self._decisions(request, queue)
        context["events"] = events_about(request, "queue", queue.pk)
        return super().render_change_form(request, context, *args, **kwargs)

    def _decisions(self, request: HttpRequest, queue: Queue) -> list[Decision]:
        allowed = self.get_actions(request)
        decision = PAUSE if queue.paused_at is None else RESUME
        return [decision] if decision.action in allowed else []

    @admin.display(description="depth")
    def depth(self, queue: Queue) -> str:
        return _counted(_now(queue).depth)

    @admin.display(description="oldest ready")
    def oldest(self, queue: Queue) -> str:
        return duration(_now(queue).oldest_ready_seconds)

    @admin.display(description="wait, p95 of 1 h")
    def wait(self, queue: Queue) -> str:
        return duration(_past_hour(queue).wait_seconds(0.95))

    @admin.display(description="run time, p95 of 1 h")
    def run_time(self, queue: Queue) -> str:
        return duration(_past_hour(queue).run_seconds(0.95))

    @admin.display(description="ended in 1 h")
    def ended(self, queue: Queue) -> str:
        counts = _past_hour(queue).ended.items()
        return ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(counts)) or "none"

    @admin.display(description="jobs")
    def jobs_link(self, queue: Queue) -> str:
        """Its jobs, and those of them that wait, run or are dead."""
        links: list[tuple[str, str]] = []
        if may_see(self.request, Job):
            links += [(_list_of(Job, queue, state=one), one) for one in _STATES]
        if may_see(self.request, DeadLetter):
            links.append((_list_of(DeadLetter, queue), "dead letters"))
        return format_html_join(" · ", '<a href="{}">{}</a>', links) or EMPTY

    @admin.display(description="delayed")
    def delayed(self, queue: Queue) -> str:
        return _counted(_now(queue).delayed)

    @admin.display(description="in flight")
    def in_flight(self, queue: Queue) -> str:
        return f"{_now(queue).in_flight:,}"

    @admin.display(description="held")
    def held(self, queue: Queue) -> str:
        return _counted(_now(queue).held)

    @admin.display(description="limit")
    def limit(self, queue: Queue) -> str:
        now = _now(queue).limit
        if now is None:
            return EMPTY
        text = f"{now.limit.in_words}; {now.slots_in_use:,} in use"
        return self.link(Limit, now.limit.name, text)

    @admin.display(description="paused")
    def pause(self, queue: Queue) -> str:
        if queue.paused_at is None:
            return EMPTY
        by = f" by {queue.paused_by}" if queue.paused_by else ""
        why = f": {queue.paused_reason}" if queue.paused_reason else ""
        return format_html("{}{}{}", moment(queue.paused_at), by, why)

    paused = moment_column("paused_at", "paused")


def _list_of(model: type[Model], queue: Queue, **filters: str) -> str:
    page = reverse(f"admin:jobs_{model._meta.model_name}_changelist")
    return f"{page}?{urlencode({'queue': queue.name, **filters})}"


def _counted(number: int) -> str:
    return f"{number:,}{' or more' if number >= COUNTED else ''}"
