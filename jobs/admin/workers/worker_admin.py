"""Workers in the admin: what each runs, and how one is drained or stopped."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Least, Now
from django.http import HttpRequest, HttpResponse

from jobs.admin.shared.deciding import Apply, confirm_and_decide
from jobs.admin.shared.decision import Decision
from jobs.admin.shared.events import events_about
from jobs.admin.shared.health_page import HealthPage
from jobs.admin.shared.read_only import ReadOnlyAdmin, ReadOnlyList
from jobs.admin.shared.rendering import badge, column, moment_column
from jobs.admin.workers.filters import LivenessFilter
from jobs.core.actor import Actor
from jobs.core.conf import jobs_conf
from jobs.models import Job, Worker
from jobs.models.worker import WorkerRequest
from jobs.services.workers import worker_ask
from jobs.services.workers_now import WorkerNow, with_running
from jobs.sql.statements import database_now
from jobs.templatetags.durations import duration
from jobs.templatetags.moments import EMPTY, moment

# More than a worker usually runs at once; the page stays short if there are more.
RUNNING_SHOWN = 100
MEGABYTE = 1024 * 1024

DRAIN = Decision("drain", "asked to drain", "drain_selected", worker_ask)
STOP = Decision("stop", "asked to stop", "stop_selected", worker_ask, is_destructive=True)
RESUME = Decision("resume", "asked to go on", "resume_selected", worker_ask)


class WorkerList(ReadOnlyList):
    """The rows of one page, with what each worker runs."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        _look_at(list(self.result_list))


def _look_at(workers: list[Worker]) -> None:
    """Puts what each runs beside its row, in three queries for all of them."""
    for now in with_running(workers):
        now.worker.now = now  # type: ignore[attr-defined]


def _now(worker: Worker) -> WorkerNow:
    if not hasattr(worker, "now"):
        _look_at([worker])
    return cast(WorkerNow, worker.now)  # type: ignore[attr-defined]


class WorkerAdmin(HealthPage, ReadOnlyAdmin):
    """Every worker process. Three actions, all with the permission to steer workers."""

    list_display = (
        "name",
        "state_badge",
        "hostname",
        "queue_names",
        "busy",
        "oldest",
        "memory",
        "heartbeat",
        "version",
    )
    fields = (
        "name",
        "state_badge",
        "asked_by",
        "hostname",
        "process",
        "version",
        "queue_names",
        "busy",
        "oldest",
        "memory",
        "started",
        "heartbeat",
        "stopped",
        "type_names",
    )
    list_filter = (LivenessFilter,)
    search_help_text = "The beginning of a worker's name or of its host's."
    actions = ("drain_selected", "stop_selected", "resume_selected")
    empty_hint = "Start one with manage.py runworker."
    change_form_template = "admin/jobs/worker/record.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        live = Worker.objects.live(jobs_conf().worker_timeout_seconds).filter(pk=OuterRef("pk"))
        liveness = Case(
            When(stopped_at__isnull=False, then=Value("stopped")),
            When(Exists(live), then=Value("live")),
            default=Value("silent"),
            output_field=CharField(),
        )
        heard_at = Least(F("heartbeat_at"), Now())
        return Worker.objects.annotate(liveness=liveness, heard_at=heard_at)

    def search(self, term: str) -> Q:
        return Q(name__startswith=term) | Q(hostname__startswith=term)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WorkerList

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs an action."""
        return request.user.has_perm("jobs.steer_worker")

    @admin.action(description="Drain selected", permissions=["steer"])
    def drain_selected(
        self, request: HttpRequest, queryset: QuerySet[Worker]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, DRAIN, _asking(WorkerRequest.DRAIN))

    @admin.action(description="Stop selected", permissions=["steer"])
    def stop_selected(
        self, request: HttpRequest, queryset: QuerySet[Worker]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, STOP, _asking(WorkerRequest.STOP))

    @admin.action(description="Resume selected", permissions=["steer"])
    def resume_selected(
        self, request: HttpRequest, queryset: QuerySet[Worker]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, RESUME, _asking(WorkerRequest.NONE))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        worker: Worker = kwargs["obj"]
        running = Job.objects.running().filter(worker_id=worker.id).order_by("claimed_at")
        now = database_now()
        context["running"] = [
            (job, (now - job.claimed_at).total_seconds())
            for job in running.defer("payload", "errors", "given", "next_jobs")[:RUNNING_SHOWN]
            if job.claimed_at is not None
        ]
        context["events"] = events_about(request, "worker", worker.pk)
        context["decisions"] = self._decisions(request, worker)
        return super().render_change_form(request, context, *args, **kwargs)

    def _decisions(self, request: HttpRequest, worker: Worker) -> list[Decision]:
        """What this person may ask of the worker as it is."""
        if worker.stopped_at is not None:
            return []
        by_request = {
            WorkerRequest.NONE: [DRAIN, STOP],
            WorkerRequest.DRAIN: [RESUME, STOP],
            WorkerRequest.STOP: [],
        }
        allowed = self.get_actions(request)
        return [one for one in by_request[WorkerRequest(worker.request)] if one.action in allowed]

    @admin.display(description="state")
    def state_badge(self, worker: Worker) -> str:
        return badge(_now(worker).state)

    @admin.display(description="running")
    def busy(self, worker: Worker) -> str:
        now = _now(worker)
        return f"{now.running:,} of {now.slots:,}"

    @admin.display(description="oldest")
    def oldest(self, worker: Worker) -> str:
        return duration(_now(worker).oldest_seconds)

    @admin.display(description="memory")
    def memory(self, worker: Worker) -> str:
        return EMPTY if worker.rss_bytes is None else f"{worker.rss_bytes // MEGABYTE:,} MB"

    @admin.display(description="last heartbeat")
    def heartbeat(self, worker: Worker) -> str:
        """Those of the demonstration lie ahead, so that it seems alive: they count as just now."""
        return moment(worker.heard_at)  # type: ignore[attr-defined]  # annotated above

    @admin.display(description="asked by")
    def asked_by(self, worker: Worker) -> str:
        return worker.requested_by or EMPTY

    @admin.display(description="queues")
    def queue_names(self, worker: Worker) -> str:
        return ", ".join(worker.queues)

    @admin.display(description="job types")
    def type_names(self, worker: Worker) -> str:
        return "not said" if worker.types is None else ", ".join(worker.types) or EMPTY

    process = column("pid", "process id")
    started = moment_column("started_at", "started")
    stopped = moment_column("stopped_at", "stopped")


def _asking(wanted: WorkerRequest) -> Apply:
    def ask(worker: Worker, actor: Actor, reason: str) -> Worker:
        return worker_ask(worker_id=worker.id, request=wanted, actor=actor, reason=reason)

    return ask
