"""Redrives in the admin: how far each has come, and what may be decided about it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from jobs.admin.redrives.decisions import (
    CANCEL,
    PAUSE,
    RESUME,
    about,
    cancel,
    decisions_about,
    pause,
    resume,
)
from jobs.admin.redrives.filters import RedriveStateFilter
from jobs.admin.redrives.selection_in_words import redrive_in_words
from jobs.admin.redrives.start_page import (
    asked_in,
    check_page,
    may_redrive,
    said_in,
    start,
    start_page,
)
from jobs.admin.shared.deciding import confirm_and_decide
from jobs.admin.shared.decision import Decision
from jobs.admin.shared.events import events_about
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import badge, moment_column, pretty_json, progress_bar
from jobs.admin.shared.search import as_uuid
from jobs.admin.shared.sent_once import was_sent_before
from jobs.core.redrive_errors import NothingSelected
from jobs.core.selection import Selection
from jobs.core.states import RedriveState
from jobs.models import DeadLetterGroup, Redrive
from jobs.services.dead_letters.payload_change import masked_changes
from jobs.services.time_limit import StatementTooSlow
from jobs.templatetags.moments import EMPTY

# Characters of a name in a list; an error may be much longer.
NAME_MAX = 120


class RedriveAdmin(ReadOnlyAdmin):
    """Every redrive. Three actions, with the permission to replay."""

    list_display = (
        "which",
        "short_state",
        "bar",
        "failed_again",
        "speed",
        "started_by",
        "reason",
        "created",
    )
    fields = (
        "id",
        "which_in_full",
        "changes_shown",
        "speed",
        "stop_at",
        "reason",
        "started_by",
        "created",
        "ended",
        "settled",
    )
    list_filter = (RedriveStateFilter,)
    search_help_text = "The id of a redrive."
    empty_hint = "Start one from a dead letter group, or with dead letters that are selected."
    actions = ("pause_selected", "resume_selected", "cancel_selected")
    change_form_template = "admin/jobs/redrive/record.html"

    class Media:
        js = [Script("jobs/following.js", defer=True)]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.start_view)
        return [path("start/", view, name="jobs_redrive_start"), *super().get_urls()]

    def search(self, term: str) -> Q:
        return Q(id=as_uuid(term))

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs an action."""
        return request.user.has_perm("jobs.replay_deadletter")

    def has_start_permission(self, request: HttpRequest) -> bool:
        """The same, for what replays more: resume takes on what another person has started."""
        return may_redrive(request)

    @admin.action(description="Pause selected", permissions=["replay"])
    def pause_selected(
        self, request: HttpRequest, queryset: QuerySet[Redrive]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, PAUSE, pause)

    @admin.action(description="Resume selected", permissions=["start"])
    def resume_selected(
        self, request: HttpRequest, queryset: QuerySet[Redrive]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, RESUME, resume, about=about)

    @admin.action(description="Cancel selected", permissions=["replay"])
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Redrive]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, CANCEL, cancel, about=about)

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Asks how a redrive is to go, shows what it would do, and starts it."""
        if not self.has_start_permission(request):
            raise PermissionDenied
        try:
            if request.method != "POST":
                fingerprint = request.GET.get("fingerprint", "").replace("\x00", "")
                if not fingerprint:
                    return HttpResponseRedirect(reverse("admin:jobs_deadlettergroup_changelist"))
                return start_page(request, self.admin_site, Selection(fingerprint=fingerprint))
            return self._answer(request)
        except (NothingSelected, StatementTooSlow) as error:
            self.message_user(request, f"Nothing was started: {error}.", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:jobs_deadlettergroup_changelist"))

    def _answer(self, request: HttpRequest) -> HttpResponse:
        asked = asked_in(request)
        if asked is None:
            self.message_user(request, "The page was too old: begin again.", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:jobs_deadlettergroup_changelist"))
        if request.POST.get("confirmed") != "yes":
            return check_page(request, self.admin_site, asked.selection)
        said = said_in(request, asked)
        if isinstance(said, str):
            self.message_user(request, f"Nothing was started: {said}", messages.ERROR)
            return check_page(request, self.admin_site, asked.selection)
        if was_sent_before(self, request):
            return HttpResponseRedirect(reverse("admin:jobs_redrive_changelist"))
        redrive = start(request, asked, said)
        self.log_addition(request, redrive, "Started.")
        self.message_user(request, "The redrive has begun.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:jobs_redrive_change", args=[redrive.pk]))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        redrive: Redrive = kwargs["obj"]
        context["decisions"] = self._decisions(request, redrive)
        context["state"] = self.state_badge(redrive)
        context["bar"] = self.bar(redrive)
        context["is_followed"] = redrive.settled_at is None
        context["events"] = events_about(request, "redrive", redrive.pk)
        return super().render_change_form(request, context, *args, **kwargs)

    def _decisions(self, request: HttpRequest, redrive: Redrive) -> list[Decision]:
        allowed = self.get_actions(request)
        return [one for one in decisions_about(redrive) if one.action in allowed]

    @admin.display(description="state")
    def state_badge(self, redrive: Redrive) -> str:
        return badge(redrive.state, RedriveState(redrive.state).label.lower())

    @admin.display(description="state")
    def short_state(self, redrive: Redrive) -> str:
        return badge(redrive.state)

    @admin.display(description="progress")
    def bar(self, redrive: Redrive) -> str:
        return progress_bar(redrive.done, max(redrive.total, redrive.done, 1))

    @admin.display(description="dead again")
    def failed_again(self, redrive: Redrive) -> str:
        return f"{redrive.failed:,}"

    @admin.display(description="started by")
    def started_by(self, redrive: Redrive) -> str:
        return redrive.created_by_name or "code"

    @admin.display(description="rate")
    def speed(self, redrive: Redrive) -> str:
        return f"{redrive.rate:g}/s"

    @admin.display(description="stops by itself")
    def stop_at(self, redrive: Redrive) -> str:
        if redrive.stop_at_percent is None:
            return "never"
        return f"when {redrive.stop_at_percent} % of the last replayed are dead again"

    @admin.display(description="dead letters")
    def which(self, redrive: Redrive) -> str:
        return Truncator(redrive_in_words(redrive)).chars(NAME_MAX)

    @admin.display(description="dead letters")
    def which_in_full(self, redrive: Redrive) -> str:
        fingerprint = redrive.selection.get("fingerprint")
        words = redrive_in_words(redrive)
        return self.link(DeadLetterGroup, fingerprint, words) if fingerprint else words

    @admin.display(description="changes")
    def changes_shown(self, redrive: Redrive) -> str:
        if not redrive.changes:
            return EMPTY
        shown = masked_changes(redrive.selection.get("type"), redrive.changes)
        return format_html('<pre class="record">{}</pre>', pretty_json(shown))

    created = moment_column("created_at", "started")
    ended = moment_column("ended_at", "ended")
    settled = moment_column("settled_at", "all ends known")
