"""Jobs in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from jobs.admin.jobs.decisions import CANCEL, RUN_NOW, cancel, run_now
from jobs.admin.jobs.filters import StateFilter
from jobs.admin.jobs.job_columns import JobColumns
from jobs.admin.jobs.job_pages import JobPages
from jobs.admin.shared.deciding import confirm_and_decide
from jobs.admin.shared.decision import Decision
from jobs.admin.shared.filters import AgeFilter, QueueFilter, TypeFilter
from jobs.admin.shared.list_tools import ListTools
from jobs.admin.shared.rendering import attempts_for, pretty_json
from jobs.admin.shared.reveal import RevealsPayload
from jobs.admin.shared.search import clients_named, job_ids_matching
from jobs.core.states import FINAL_STATES, JobState
from jobs.models import Job
from jobs.services.masking import masked_payload
from jobs.services.results import job_result
from jobs.services.timeline import job_timeline
from jobs.services.visibility import may_view_events, may_view_tracebacks
from jobs.sql.statements import database_now


class JobAdmin(JobColumns, JobPages, RevealsPayload, ListTools):
    """Every accepted job: its state, its timeline, what it is linked to, and what can be done."""

    list_display = (
        "id_in_short",
        "type",
        "state_badge",
        "queue",
        "attempt",
        "submitted_by",
        "worker_link",
        "created",
        "finished",
    )
    list_filter = (StateFilter, TypeFilter, QueueFilter, AgeFilter)
    empty_hint = "Enqueue one with POST /addJob, or with enqueue() in code."
    list_defer = ("payload", "errors", "given", "next_jobs")
    search_help_text = (
        "The id of a job, its idempotency key or the beginning of its effect key, the id of the "
        "request, or the name of the client."
    )
    actions = ("run_now_selected", "cancel_selected")
    change_form_template = "admin/jobs/job/record.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "type",
                    "state_badge",
                    "waiting_for",
                    "progress",
                    "queue_link",
                    "priority",
                    "attempts_made",
                    "client",
                    "request_id",
                    "trace",
                    "worker_link",
                    "done_by_link",
                    "schedule_link",
                    "batch_link",
                    "chain",
                    "callback_url",
                    "callback_of",
                    "replay_of_link",
                    "dead_letter_links",
                )
            },
        ),
        ("Keys", {"fields": ("idempotency_key", "effect_key_link")}),
        (
            "Times",
            {
                "fields": (
                    "created",
                    "run",
                    "expires",
                    "dispatched",
                    "claimed",
                    "started",
                    "finished",
                    "cancel_requested",
                    "cancelled_by",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Jobs with their workers joined: one whose row was pruned is None instead of an error."""
        return Job.objects.select_related("submitted_by", "worker")

    def search(self, term: str) -> Q:
        found = job_ids_matching(term)
        if not found and (clients := clients_named(term)):
            return Q(submitted_by_id__in=clients)
        return Q(id__in=found)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs the action."""
        return request.user.has_perm("jobs.cancel_job")

    def has_hurry_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs the action."""
        return request.user.has_perm("jobs.change_job")

    @admin.action(description="Run selected now", permissions=["hurry"])
    def run_now_selected(
        self, request: HttpRequest, queryset: QuerySet[Job]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, RUN_NOW, run_now)

    @admin.action(description="Cancel selected", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, CANCEL, cancel)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        job: Job = kwargs["obj"]
        context["payload"] = pretty_json(masked_payload(job.type, job.payload))
        context["result"] = _shown_result(job)
        context["attempts"] = attempts_for(request, job.errors)
        context["timeline"] = job_timeline(
            job,
            with_tracebacks=may_view_tracebacks(request.user),
            with_events=may_view_events(request.user),
        )
        context["decisions"] = self._decisions(request, job)
        context["can_edit"] = self.can_edit(request, job)
        context["can_clone"] = self.can_clone(request)
        context |= self.reveal_context(request, job)
        return super().render_change_form(request, context, *args, **kwargs)

    def _decisions(self, request: HttpRequest, job: Job) -> list[Decision]:
        """What this person may decide about the job as it is."""
        may = self.get_actions(request)
        is_delayed = job.state == JobState.QUEUED and job.run_at > database_now()
        offered = [(RUN_NOW, is_delayed), (CANCEL, job.state not in FINAL_STATES)]
        return [one for one, is_possible in offered if is_possible and one.action in may]


def _shown_result(job: Job) -> str | None:
    result = job_result(job)
    return result and (result.problem or pretty_json(result.value))
