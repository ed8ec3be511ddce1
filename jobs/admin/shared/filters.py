"""Filters of several lists. Their choices are known without a query."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.core.clock import DAY_SECONDS
from jobs.core.conf import jobs_conf
from jobs.core.ids import uuid7_floor
from jobs.handlers.registry import job_types

if TYPE_CHECKING:
    from jobs.admin.shared.theme import ModelAdmin

Choices = Iterable[tuple[str, str]]


class ColumnFilter(SimpleListFilter):
    """Rows with the chosen value in the column that `parameter_name` names."""

    parameter_name: str
    # Whether rows may have other values than those that are offered.
    is_open = False
    # Whether its choices stand above the list, where each is one click away. One filter of a list.
    is_quick = False

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None:
            return self.unchosen(queryset)
        return self.chosen(queryset, chosen) if self._may_be(chosen) else queryset.none()

    def unchosen(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows without a choice: all of them."""
        return queryset

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows with a value that they may have."""
        return queryset.filter(**{self.parameter_name: value})

    def _may_be(self, value: str) -> bool:
        """An address may name anything, also what PostgreSQL does not even compare with."""
        if self.is_open:
            return "\x00" not in value
        return any(value == str(offered) for offered, _ in self.lookup_choices)


class TypeFilter(ColumnFilter):
    """The job types that this process knows."""

    title = "type"
    parameter_name = "type"
    is_open = True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [(name, name) for name in job_types.names()]


class QueueFilter(ColumnFilter):
    """The queues of JOBS_QUEUES."""

    title = "queue"
    parameter_name = "queue"
    is_open = True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [(name, name) for name in jobs_conf().queues]


class AgeFilter(SimpleListFilter):
    """When a row was made. Its id tells, so that the query uses the primary key."""

    title = "age"
    parameter_name = "age"
    seconds = {
        "hour": DAY_SECONDS // 24,
        "day": DAY_SECONDS,
        "week": 7 * DAY_SECONDS,
        "month": 30 * DAY_SECONDS,
    }

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [
            ("past-hour", "past hour"),
            ("past-day", "past 24 hours"),
            ("past-week", "past 7 days"),
            ("older-day", "older than 24 hours"),
            ("older-week", "older than 7 days"),
            ("older-month", "older than 30 days"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        side, _, span = (self.value() or "").partition("-")
        if span not in self.seconds:
            return queryset
        floor = uuid7_floor(time.time() - self.seconds[span])
        return queryset.filter(id__lt=floor) if side == "older" else queryset.filter(id__gte=floor)


def in_lower_case(choices: Choices) -> Choices:
    """The same values with labels in lower case."""
    return [(value, label.lower()) for value, label in choices]
