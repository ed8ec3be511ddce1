"""Filters of the list of jobs."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from jobs.admin.shared.filters import Choices, ColumnFilter, in_lower_case
from jobs.core.states import JobState

if TYPE_CHECKING:
    from jobs.admin.shared.read_only import ModelAdmin


class StateFilter(ColumnFilter):
    """The state of a job."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return in_lower_case(JobState.choices)
