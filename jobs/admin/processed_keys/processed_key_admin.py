"""Processed keys in the admin: which job holds each, and how one is released."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from jobs.admin.shared.deciding import confirm_and_decide
from jobs.admin.shared.decision import Decision
from jobs.admin.shared.events import events_about
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import moment_column
from jobs.admin.shared.search import as_uuid, keys_matching
from jobs.core.actor import Actor
from jobs.models import Job, ProcessedKey
from jobs.services.processed_keys import KeyHolder, key_holder, processed_key_release

RELEASE = Decision(
    "release", "released", "release_selected", processed_key_release, is_destructive=True
)


class ProcessedKeyAdmin(ReadOnlyAdmin):
    """Which job holds an effect key, and whether the effect is done. One action: release."""

    list_display = ("key", "job_link", "created", "processed")
    fields = (*list_display, "holder", "can_be_released")
    search_help_text = "The beginning of a key, with or without its job type, or the id of a job."
    actions = ("release_selected",)
    change_form_template = "admin/jobs/processedkey/record.html"

    def search(self, term: str) -> Q:
        job_id = as_uuid(term)
        if job_id is None:
            return keys_matching(term)
        # Earlier versions wrote a key for a job that is its own, too: its id.
        keys = Job.objects.filter(id=job_id).values_list("effect_key", flat=True)
        return Q(key__in=[str(job_id), *keys])

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs the action."""
        return request.user.has_perm("jobs.release_processedkey")

    @admin.action(description="Release selected", permissions=["release"])
    def release_selected(
        self, request: HttpRequest, queryset: QuerySet[ProcessedKey]
    ) -> HttpResponse | None:
        return confirm_and_decide(
            self, request, queryset, RELEASE, _release, needs_reason=True, about=_about
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        key: ProcessedKey = kwargs["obj"]
        allowed = RELEASE.action in self.get_actions(request)
        context["decisions"] = [RELEASE] if allowed and not _holder(key).obstacle else []
        context["events"] = events_about(request, "processed_key", key.pk)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="job")
    def job_link(self, key: ProcessedKey) -> str:
        return self.link(Job, key.job_id, str(key.job_id))

    @admin.display(description="held by")
    def holder(self, key: ProcessedKey) -> str:
        job = _holder(key).job
        return f"{job.type}, {job.state}" if job else "a job that is pruned"

    @admin.display(description="can be released")
    def can_be_released(self, key: ProcessedKey) -> str:
        holder = _holder(key)
        if holder.obstacle:
            return f"no: {holder.obstacle}"
        return "yes; its effect may then happen again" if holder.is_done else "yes"

    created = moment_column("created_at", "taken")
    processed = moment_column("processed_at", "processed")


def _holder(key: ProcessedKey) -> KeyHolder:
    """The holder, asked for once for a page: a theme asks for each field several times."""
    if not hasattr(key, "holder_now"):
        key.holder_now = key_holder(key)  # type: ignore[attr-defined]
    return cast(KeyHolder, key.holder_now)  # type: ignore[attr-defined]


def _release(key: ProcessedKey, actor: Actor, reason: str) -> ProcessedKey:
    return processed_key_release(key=key.key, actor=actor, reason=reason)


def _about(keys: list[ProcessedKey]) -> dict[str, Any]:
    held = [(key, key_holder(key)) for key in keys]
    return {"held": held, "done_number": sum(holder.is_done for _, holder in held)}
