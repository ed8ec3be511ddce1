"""Filters of the list of jobs."""

from typing import TYPE_CHECKING, cast

from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.admin.shared.filters import Choices, ColumnFilter, in_lower_case
from jobs.core.states import JobState
from jobs.models import Job
from jobs.models.job_queryset import JobQuerySet

if TYPE_CHECKING:
    from jobs.admin.shared.theme import ModelAdmin


class StateFilter(ColumnFilter):
    """The state of a job."""

    title = "state"
    parameter_name = "state"
    is_quick = True

    def chosen(self, queryset: QuerySet[Job], value: str) -> QuerySet[Job]:
        """The jobs in that state, found by an index."""
        return cast(JobQuerySet, queryset).in_states([value])

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return in_lower_case(JobState.choices)
