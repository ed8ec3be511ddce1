"""Filters of the list of events."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from jobs.admin.shared.filters import Choices, ColumnFilter
from jobs.models.event import action_in_words
from jobs.sql.statements import run

if TYPE_CHECKING:
    from jobs.admin.shared.theme import ModelAdmin

# Nouns of what events are about; they are the values of `Event.subject_type`.
SUBJECTS = (
    "job",
    "dead_letter",
    "dead_letter_group",
    "redrive",
    "queue",
    "schedule",
    "account",
    "session",
    "group",
    "signing_secret",
    "worker",
    "processed_key",
    "limit",
    "batch",
    "list",
)

# Names that a filter offers; others are found by the search.
OFFERED = 50


class SubjectFilter(ColumnFilter):
    """What kind of thing was acted upon."""

    title = "subject"
    parameter_name = "subject_type"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [(name, name.replace("_", " ")) for name in SUBJECTS]


class ActorFilter(ColumnFilter):
    """Who has done it. The search finds those who are not offered."""

    title = "actor"
    parameter_name = "actor_name"
    is_open = True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [(name, name) for (name,) in run("event_actors", limit=OFFERED)]


class ActionFilter(ColumnFilter):
    """What was done."""

    title = "action"
    parameter_name = "action"
    is_open = True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        actions = [action for (action,) in run("event_actions", limit=OFFERED)]
        return [(one, action_in_words(one)) for one in actions]
