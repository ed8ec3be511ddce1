"""Filters of the list of redrives."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from jobs.admin.shared.filters import Choices, ColumnFilter
from jobs.core.states import RedriveState

if TYPE_CHECKING:
    from jobs.admin.shared.theme import ModelAdmin


class RedriveStateFilter(ColumnFilter):
    """Where redrives are."""

    title = "state"
    parameter_name = "state"
    is_quick = True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [(state.value, state.value) for state in RedriveState]
