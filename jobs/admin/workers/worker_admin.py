"""Workers in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import EMPTY, badge, moment_column
from jobs.admin.workers.filters import LivenessFilter
from jobs.core.conf import jobs_conf
from jobs.models import Job, Worker

# More than a worker usually runs at once; the page stays short if there are more.
RUNNING_SHOWN = 100


class WorkerAdmin(ReadOnlyAdmin):
    """Every worker process, and the jobs that it is running."""

    list_display = (
        "name",
        "liveness_badge",
        "hostname",
        "pid",
        "queue_names",
        "concurrency",
        "started",
        "heartbeat",
        "stopped",
    )
    fields = (*list_display, "type_names")
    list_filter = (LivenessFilter,)
    search_help_text = "The beginning of a worker's name or of its host's."
    change_form_template = "admin/jobs/worker/record.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        live = Worker.objects.live(jobs_conf().worker_timeout_seconds).filter(pk=OuterRef("pk"))
        liveness = Case(
            When(stopped_at__isnull=False, then=Value("stopped")),
            When(Exists(live), then=Value("live")),
            default=Value("silent"),
            output_field=CharField(),
        )
        return Worker.objects.annotate(liveness=liveness)

    def search(self, term: str) -> Q:
        return Q(name__startswith=term) | Q(hostname__startswith=term)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        running = Job.objects.running().filter(worker_id=kwargs["obj"].id)
        context["running"] = running.defer("payload", "errors")[:RUNNING_SHOWN]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="state")
    def liveness_badge(self, worker: Worker) -> str:
        liveness: str = worker.liveness  # type: ignore[attr-defined]  # annotated above
        return badge(liveness, liveness)

    @admin.display(description="queues")
    def queue_names(self, worker: Worker) -> str:
        return ", ".join(worker.queues)

    @admin.display(description="job types")
    def type_names(self, worker: Worker) -> str:
        return "not said" if worker.types is None else ", ".join(worker.types) or EMPTY

    started = moment_column("started_at", "started")
    heartbeat = moment_column("heartbeat_at", "last heartbeat")
    stopped = moment_column("stopped_at", "stopped")
