"""Filters of the list of events."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from jobs.admin.shared.filters import Choices, ColumnFilter

if TYPE_CHECKING:
    from jobs.admin.shared.read_only import ModelAdmin

# Nouns of what events are about; they are the values of `Event.subject_type`.
SUBJECTS = (
    "job",
    "dead_letter",
    "queue",
    "schedule",
    "account",
    "session",
    "group",
    "signing_secret",
)


class SubjectFilter(ColumnFilter):
    """What kind of thing was acted upon."""

    title = "subject"
    parameter_name = "subject_type"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [(name, name.replace("_", " ")) for name in SUBJECTS]
