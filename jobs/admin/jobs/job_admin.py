"""Jobs in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join

from jobs.admin.jobs.filters import StateFilter
from jobs.admin.shared.filters import AgeFilter, QueueFilter, TypeFilter
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import (
    EMPTY,
    attempts_for,
    badge,
    moment_column,
    pretty_json,
    progress_bar,
    record_link,
    short_id,
)
from jobs.admin.shared.search import job_ids_matching
from jobs.core.message import can_be_shared
from jobs.models import Batch, DeadLetter, Job, ProcessedKey, Worker
from jobs.services.progress import job_progress
from jobs.services.results import job_result
from jobs.services.visibility import masked_payload
from jobs.services.waiting_for import job_waiting_for


class JobAdmin(ReadOnlyAdmin):
    """Every accepted job: its state, its attempts and what it is linked to."""

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
    list_defer = ("payload", "errors", "given", "next_jobs")
    search_help_text = "The id of a job, its idempotency key, or the beginning of its effect key."
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
                    "queue",
                    "priority",
                    "attempts_made",
                    "submitted_by",
                    "request_id",
                    "traceparent",
                    "worker_link",
                    "done_by_link",
                    "batch_link",
                    "chain",
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
        return Q(id__in=job_ids_matching(term))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        job: Job = kwargs["obj"]
        context["payload"] = pretty_json(masked_payload(job.type, job.payload))
        context["result"] = _shown_result(job)
        context["attempts"] = attempts_for(request, job.errors)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="id")
    def id_in_short(self, job: Job) -> str:
        return short_id(job.id)

    @admin.display(description="state")
    def state_badge(self, job: Job) -> str:
        return badge(job.state)

    @admin.display(description="waiting for")
    def waiting_for(self, job: Job) -> str:
        return job_waiting_for(job) or EMPTY

    @admin.display(description="progress")
    def progress(self, job: Job) -> str:
        report = job_progress(job)
        if report is None:
            return EMPTY
        bar = progress_bar(report["done"], report["total"])
        return format_html("{} {}", bar, report["message"])

    @admin.display(description="attempts")
    def attempts_made(self, job: Job) -> str:
        return (
            f"{job.attempt} (present retry budget: {job.failures} failed, {job.crashes} crashed, "
            f"{job.max_retries} retries allowed)"
        )

    @admin.display(description="worker")
    def worker_link(self, job: Job) -> str:
        name = job.worker.name if job.worker else short_id(job.worker_id) if job.worker_id else ""
        return record_link(Worker, job.worker_id, name)

    @admin.display(description="done by")
    def done_by_link(self, job: Job) -> str:
        return record_link(Job, job.done_by_id, str(job.done_by_id))

    @admin.display(description="batch")
    def batch_link(self, job: Job) -> str:
        return record_link(Batch, job.batch_id, str(job.batch_id))

    @admin.display(description="chain")
    def chain(self, job: Job) -> str:
        place = (job.given or {}).get("chain")
        if place is None:
            return EMPTY
        first = record_link(Job, place["id"], place["id"])
        return format_html(
            "job {} of {}; the first is {}", place["position"], place["total"], first
        )

    @admin.display(description="effect key")
    def effect_key_link(self, job: Job) -> str:
        if not can_be_shared(job.effect_key):
            return job.effect_key  # it has no processed key
        return record_link(ProcessedKey, job.effect_key, job.effect_key)

    @admin.display(description="dead letters")
    def dead_letter_links(self, job: Job) -> str:
        letters = DeadLetter.objects.filter(job_id=job.id).defer("payload", "attempts")
        links = [
            (record_link(DeadLetter, letter.id, letter.error), letter.resolution or "waiting")
            for letter in letters
        ]
        return format_html_join("", "<div>{} ({})</div>", links) or EMPTY

    created = moment_column("created_at", "created")
    run = moment_column("run_at", "to run at")
    expires = moment_column("expires_at", "expires")
    dispatched = moment_column("dispatched_at", "dispatched")
    claimed = moment_column("claimed_at", "claimed")
    started = moment_column("started_at", "started")
    finished = moment_column("finished_at", "finished")
    cancel_requested = moment_column("cancel_requested_at", "cancellation requested")


def _shown_result(job: Job) -> str | None:
    result = job_result(job)
    return result and (result.problem or pretty_json(result.value))
