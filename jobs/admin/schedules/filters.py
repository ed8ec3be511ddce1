"""Filters of the list of schedules."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from jobs.admin.shared.filters import Choices, ColumnFilter

if TYPE_CHECKING:
    from jobs.admin.shared.theme import ModelAdmin


class PausedFilter(ColumnFilter):
    """Whether people have paused a schedule."""

    title = "paused"
    parameter_name = "paused"
    is_quick = True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [("False", "not paused"), ("True", "paused")]
