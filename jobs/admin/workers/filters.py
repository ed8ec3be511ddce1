"""Filters of the list of workers."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from jobs.admin.shared.filters import Choices, ColumnFilter

if TYPE_CHECKING:
    from jobs.admin.shared.theme import ModelAdmin


class LivenessFilter(ColumnFilter):
    """Whether a worker is live: has stopped, or has been silent for the worker timeout."""

    title = "state"
    parameter_name = "liveness"
    is_quick = True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [("live", "live"), ("silent", "silent"), ("stopped", "stopped")]
