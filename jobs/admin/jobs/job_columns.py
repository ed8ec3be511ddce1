"""How the facts of a job are shown, in the list and on its page."""

from uuid import UUID

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from jobs.admin.shared.callback_of import callback_of_link
from jobs.admin.shared.links import LinkingAdmin, account_column
from jobs.admin.shared.rendering import badge, moment_column, progress_bar, short_id
from jobs.core.conf import jobs_conf
from jobs.core.correlation import trace_id_of
from jobs.core.message import can_be_shared
from jobs.models import Batch, DeadLetter, Job, ProcessedKey, Queue, Schedule, Worker
from jobs.services.chain_facts import chain_jobs
from jobs.services.progress import job_progress
from jobs.services.waiting_for import job_waiting_for
from jobs.templatetags.moments import EMPTY


class JobColumns(LinkingAdmin):
    """What is not a field of the model as it is."""

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
        retries = "1 retry" if job.max_retries == 1 else f"{job.max_retries} retries"
        return (
            f"{job.attempt} ({job.failures} failed and {job.crashes} crashed of the present retry "
            f"budget, which allows {retries})"
        )

    @admin.display(description="worker")
    def worker_link(self, job: Job) -> str:
        name = job.worker.name if job.worker else short_id(job.worker_id) if job.worker_id else ""
        return self.link(Worker, job.worker_id, name)

    @admin.display(description="done by")
    def done_by_link(self, job: Job) -> str:
        return self.link(Job, job.done_by_id, str(job.done_by_id))

    @admin.display(description="schedule")
    def schedule_link(self, job: Job) -> str:
        return self.link(Schedule, job.schedule_id, _name_of(Schedule, job.schedule_id))

    @admin.display(description="trace")
    def trace(self, job: Job) -> str:
        trace_id = trace_id_of(job.request_id or "", job.traceparent or "")
        template = jobs_conf().trace_url
        if not trace_id or not template:
            return trace_id or EMPTY
        return format_html('<a href="{}">{}</a>', template.format(trace_id=trace_id), trace_id)

    @admin.display(description="batch")
    def batch_link(self, job: Job) -> str:
        return self.link(Batch, job.batch_id, _name_of(Batch, job.batch_id))

    @admin.display(description="queue")
    def queue_link(self, job: Job) -> str:
        return self.link(Queue, job.queue, job.queue)

    @admin.display(description="chain")
    def chain(self, job: Job) -> str:
        place = (job.given or {}).get("chain")
        if place is None:
            return EMPTY
        lines = [
            (number, self.link(Job, one.pk, one.type), badge(one.state))
            for number, one in enumerate(chain_jobs(UUID(place["id"])), 1)
        ]
        return format_html(
            "job {} of {}{}",
            place["position"],
            place["total"],
            format_html_join("", "<div>{}: {} {}</div>", lines),
        )

    @admin.display(description="callback of")
    def callback_of(self, job: Job) -> str:
        return callback_of_link(self, job.given)

    @admin.display(description="effect key")
    def effect_key_link(self, job: Job) -> str:
        if not can_be_shared(job.effect_key):
            return str(job.id)  # it has no processed key
        return self.link(ProcessedKey, job.effect_key, job.effect_key)

    @admin.display(description="replay of")
    def replay_of_link(self, job: Job) -> str:
        return self.link(DeadLetter, job.replay_of, str(job.replay_of))

    @admin.display(description="dead letters")
    def dead_letter_links(self, job: Job) -> str:
        letters = DeadLetter.objects.filter(job_id=job.id).defer("payload", "attempts")
        links = [
            (self.link(DeadLetter, letter.id, letter.error), letter.resolution or "waiting")
            for letter in letters
        ]
        return format_html_join("", "<div>{} ({})</div>", links) or EMPTY

    client = account_column("submitted_by", "submitted by")
    created = moment_column("created_at", "created")
    run = moment_column("run_at", "to run at")
    expires = moment_column("expires_at", "expires")
    dispatched = moment_column("dispatched_at", "dispatched")
    claimed = moment_column("claimed_at", "claimed")
    started = moment_column("started_at", "started")
    finished = moment_column("finished_at", "finished")
    cancel_requested = moment_column("cancel_requested_at", "cancellation requested")


def _name_of(model: type[Schedule] | type[Batch], pk: UUID | None) -> str:
    """What people call it; the id of one that has no name, or is gone."""
    if pk is None:
        return ""
    named = model._default_manager.filter(pk=pk).values_list("name", flat=True)
    return named.first() or str(pk)
