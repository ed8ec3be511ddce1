"""Batches in the admin: how far each has come."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from jobs.admin.batches.decisions import CANCEL, about, cancel
from jobs.admin.shared.deciding import confirm_and_decide
from jobs.admin.shared.events import events_about
from jobs.admin.shared.links import account_column
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import badge, moment_column, progress_bar, short_id
from jobs.admin.shared.search import as_uuid
from jobs.core.states import BatchState
from jobs.models import Batch, Job
from jobs.templatetags.moments import EMPTY

JOBS_SHOWN = 20


class BatchAdmin(ReadOnlyAdmin):
    """Every batch. One action, with the permission to cancel batches."""

    list_display = (
        "label",
        "state_badge",
        "bar",
        "failed",
        "submitted_by",
        "created",
        "completed",
    )
    fields = (
        "id",
        "name",
        "state_badge",
        "bar",
        "total",
        "succeeded",
        "skipped",
        "failed",
        "cancelled",
        "expired",
        "success",
        "completion",
        "callback",
        "client",
        "created",
        "closed",
        "completed",
        "cancel_requested",
        "cancelled_by",
    )
    list_defer = ("on_success", "on_completion")
    search_help_text = "The id of a batch."
    empty_hint = "Make one with POST /batches, or with batch() in code."
    actions = ("cancel_selected",)
    change_form_template = "admin/jobs/batch/record.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return Batch.objects.select_related("submitted_by")

    def search(self, term: str) -> Q:
        return Q(id=as_uuid(term))

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs the action."""
        return request.user.has_perm("jobs.cancel_batch")

    @admin.action(description="Cancel selected", permissions=["cancel"])
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Batch]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, CANCEL, cancel, about=about)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        batch: Batch = kwargs["obj"]
        may_cancel = CANCEL.action in self.get_actions(request)
        context["decisions"] = [CANCEL] if may_cancel and batch.completed_at is None else []
        jobs = Job.objects.filter(batch_id=batch.pk).order_by("-pk")
        context["jobs"] = jobs.defer("payload", "errors", "given", "next_jobs")[:JOBS_SHOWN]
        context["events"] = events_about(request, "batch", batch.pk)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="batch")
    def label(self, batch: Batch) -> str:
        return batch.name or short_id(batch.id)

    @admin.display(description="state")
    def state_badge(self, batch: Batch) -> str:
        if batch.cancel_requested_at is not None and batch.state is not BatchState.COMPLETED:
            return badge("cancelled", "being cancelled")
        return badge(batch.state)

    @admin.display(description="progress")
    def bar(self, batch: Batch) -> str:
        return progress_bar(batch.done, batch.total) if batch.total else EMPTY

    @admin.display(description="job on success")
    def success(self, batch: Batch) -> str:
        return self._job_of(batch.on_success, batch.success_job_id)

    @admin.display(description="job on completion")
    def completion(self, batch: Batch) -> str:
        return self._job_of(batch.on_completion, batch.completion_job_id)

    @admin.display(description="callback")
    def callback(self, batch: Batch) -> str:
        if batch.callback_url is None:
            return EMPTY
        if batch.callback_job_id is None:
            return f"{batch.callback_url}, not yet"
        return self.link(Job, batch.callback_job_id, batch.callback_url)

    def _job_of(self, stored: dict[str, Any] | None, job_id: Any) -> str:
        if stored is None:
            return EMPTY
        return self.link(Job, job_id, stored["type"]) if job_id else f"{stored['type']}, not yet"

    client = account_column("submitted_by", "submitted by")
    created = moment_column("created_at", "created")
    closed = moment_column("closed_at", "closed")
    completed = moment_column("completed_at", "completed")
    cancel_requested = moment_column("cancel_requested_at", "cancellation requested")
