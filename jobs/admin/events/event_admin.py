"""Events in the admin: who did what, when, and why."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q
from django.utils.html import format_html

from jobs.admin.events.filters import SUBJECTS, ActionFilter, ActorFilter, SubjectFilter
from jobs.admin.shared.filters import AgeFilter
from jobs.admin.shared.list_tools import ListTools
from jobs.admin.shared.rendering import column, moment_column, pretty_json
from jobs.models import (
    Batch,
    DeadLetter,
    DeadLetterGroup,
    Event,
    Job,
    Limit,
    ProcessedKey,
    Queue,
    Redrive,
    Schedule,
    Worker,
)
from jobs.templatetags.moments import EMPTY

# The pages of what events are about.
PAGES: dict[str, type[Model]] = {
    "job": Job,
    "dead_letter": DeadLetter,
    "dead_letter_group": DeadLetterGroup,
    "redrive": Redrive,
    "queue": Queue,
    "schedule": Schedule,
    "worker": Worker,
    "processed_key": ProcessedKey,
    "limit": Limit,
    "batch": Batch,
}


class EventAdmin(ListTools):
    """Every event. There is no action: the table only grows."""

    list_display = ("happened", "actor", "what_was_done", "subject_link", "reason")
    fields = (
        "happened",
        "actor",
        "what_was_done",
        "subject_link",
        "reason",
        "before_in_json",
        "after_in_json",
        "request_id",
        "trace_id",
    )
    list_filter = (ActorFilter, ActionFilter, SubjectFilter, AgeFilter)
    search_help_text = "The id of what was acted upon, or the name of who acted."
    change_form_template = "admin/change_form.html"

    def search(self, term: str) -> Q:
        return Q(subject_type__in=SUBJECTS, subject_id=term) | Q(actor_name=term)

    happened = moment_column("at", "at")
    what_was_done = column("done", "action")

    @admin.display(description="actor")
    def actor(self, event: Event) -> str:
        return event.actor_name or event.actor_id or "code"

    @admin.display(description="subject")
    def subject_link(self, event: Event) -> str:
        called = event.after.get("name") or event.before.get("name") or event.subject_id
        named = f"{event.subject_type.replace('_', ' ')} {called}"
        model = PAGES.get(event.subject_type)
        return self.link(model, event.subject_id, named) if model else named

    @admin.display(description="before")
    def before_in_json(self, event: Event) -> str:
        return _shown(event.before)

    @admin.display(description="after")
    def after_in_json(self, event: Event) -> str:
        return _shown(event.after)


def _shown(value: dict[str, Any]) -> str:
    return format_html('<pre class="record">{}</pre>', pretty_json(value)) if value else EMPTY
