"""Dead letters in the admin: staff read why a job died, and replay or discard it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join

from jobs.admin.dead_letters.confirmation import DISCARD, REPLAY, confirm_and_apply
from jobs.admin.dead_letters.dead_letter_views import NOTE_MAX, DeadLetterViews
from jobs.admin.dead_letters.filters import FingerprintFilter, ReasonFilter, ResolutionFilter
from jobs.admin.dead_letters.selected import selection_of
from jobs.admin.redrives.start_page import start_page
from jobs.admin.shared.callback_of import callback_of_link
from jobs.admin.shared.decision import Decision
from jobs.admin.shared.events import events_about
from jobs.admin.shared.filters import AgeFilter, QueueFilter, TypeFilter
from jobs.admin.shared.links import account_column
from jobs.admin.shared.list_tools import ListTools
from jobs.admin.shared.rendering import (
    attempts_for,
    badge,
    moment_column,
    pretty_json,
    short_id,
)
from jobs.admin.shared.reveal import RevealsPayload
from jobs.admin.shared.search import as_uuid, job_ids_matching
from jobs.core.states import Resolution
from jobs.models import DeadLetter, DeadLetterGroup, Job, Queue, Redrive
from jobs.services.dead_letters.evidence import effect_may_have_happened, evidence_of
from jobs.services.masking import masked_payload
from jobs.templatetags.moments import EMPTY, moment

WAITING = "waiting"


class DeadLetterAdmin(DeadLetterViews, RevealsPayload, ListTools):
    """Jobs that failed for good. Three actions by permission, and an editor of payloads."""

    list_display = (
        "type",
        "error_line",
        "reason",
        "job_link",
        "submitted_by",
        "died",
        "resolution_badge",
    )
    list_display_links = ("type", "error_line")
    list_filter = (
        ResolutionFilter,
        ReasonFilter,
        TypeFilter,
        QueueFilter,
        AgeFilter,
        FingerprintFilter,
    )
    list_select_related = ("submitted_by",)
    empty_hint = "No job waits for a person. The filters show what was decided about others."
    list_defer = ("payload", "attempts")
    search_help_text = (
        "The id of a dead letter or of its job, an idempotency key, or the beginning of an effect "
        "key."
    )
    actions = ("replay_selected", "redrive_selected", "discard_selected")
    change_form_template = "admin/jobs/deadletter/record.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "type",
                    "error_line",
                    "reason",
                    "queue_link",
                    "job_link_in_full",
                    "callback_of",
                    "client",
                    "died",
                    "group_link",
                    "assigned_to",
                    "resolution_in_full",
                    "lineage",
                    "look_for",
                )
            },
        ),
    )

    def search(self, term: str) -> Q:
        found = Q(job_id__in=job_ids_matching(term))
        if letter_id := as_uuid(term):
            found |= Q(id=letter_id)
        return found

    def has_discard_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs the action."""
        return request.user.has_perm("jobs.discard_deadletter")

    @admin.action(description="Replay selected", permissions=["replay"])
    def replay_selected(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter]
    ) -> HttpResponse | None:
        return confirm_and_apply(self, request, queryset, REPLAY)

    @admin.action(description="Redrive selected", permissions=["replay"])
    def redrive_selected(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter]
    ) -> HttpResponse | None:
        selection = selection_of(request)
        if selection is None:
            self.message_user(
                request,
                "A redrive cannot search, nor replay what was decided about: use other filters.",
                messages.ERROR,
            )
            return None
        return start_page(request, self.admin_site, selection)

    @admin.action(description="Discard selected", permissions=["discard"])
    def discard_selected(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter]
    ) -> HttpResponse | None:
        return confirm_and_apply(self, request, queryset, DISCARD)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        letter: DeadLetter = kwargs["obj"]
        context["may_have_happened"] = not letter.resolution and effect_may_have_happened(letter)
        context["may_edit"] = not letter.resolution and self.may_edit(request)
        context["may_triage"] = request.user.has_perm("jobs.triage_deadletter")
        context["note_max"] = NOTE_MAX
        context["events"] = events_about(request, "dead_letter", letter.pk)
        context["payload"] = pretty_json(masked_payload(letter.type, letter.payload))
        context["attempts"] = attempts_for(request, letter.attempts)
        context |= self.reveal_context(request, letter)
        context["decisions"] = [] if letter.resolution else self._decisions(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def _decisions(self, request: HttpRequest) -> list[Decision]:
        allowed = self.get_actions(request)
        return [one for one in (REPLAY, DISCARD) if one.action in allowed]

    @admin.display(description="error")
    def error_line(self, letter: DeadLetter) -> str:
        return letter.error

    @admin.display(description="job")
    def job_link(self, letter: DeadLetter) -> str:
        return self.link(Job, letter.job_id, short_id(letter.job_id))

    @admin.display(description="job")
    def job_link_in_full(self, letter: DeadLetter) -> str:
        return self.link(Job, letter.job_id, str(letter.job_id))

    @admin.display(description="queue")
    def queue_link(self, letter: DeadLetter) -> str:
        return self.link(Queue, letter.queue, letter.queue)

    @admin.display(description="callback of")
    def callback_of(self, letter: DeadLetter) -> str:
        return callback_of_link(self, letter.job.given)

    client = account_column("submitted_by", "submitted by")
    died = moment_column("created_at", "died")

    @admin.display(description="group")
    def group_link(self, letter: DeadLetter) -> str:
        return self.link(DeadLetterGroup, letter.fingerprint or None, letter.fingerprint)

    @admin.display(description="lineage")
    def lineage(self, letter: DeadLetter) -> str:
        """Where the job comes from, and what has become of its replay."""
        found = []
        if letter.replay_of:
            link = self.link(DeadLetter, letter.replay_of, str(letter.replay_of))
            found.append(("replayed from ", link))
        if letter.redrive_id:
            link = self.link(Redrive, letter.redrive_id, str(letter.redrive_id))
            found.append(("replayed by redrive ", link))
        if letter.replay_ended:
            found.append(("its replay ended ", badge(letter.replay_ended)))
        return format_html_join("", "<div>{}{}</div>", found) or EMPTY

    @admin.display(description="look for")
    def look_for(self, letter: DeadLetter) -> str:
        """What tells whether the effect has happened."""
        found = evidence_of(letter).items()
        return format_html_join("", "<div>{}: <code>{}</code></div>", found) or EMPTY

    @admin.display(description="resolution")
    def resolution_badge(self, letter: DeadLetter) -> str:
        return badge(letter.resolution or WAITING)

    @admin.display(description="resolution")
    def resolution_in_full(self, letter: DeadLetter) -> str:
        if not letter.resolution:
            return badge(WAITING, "waiting for a person")
        return format_html(
            "{} {}{}",
            badge(letter.resolution, Resolution(letter.resolution).label.lower()),
            f"by {letter.resolved_by_name}, " if letter.resolved_by_name else "",
            moment(letter.resolved_at),
        )
