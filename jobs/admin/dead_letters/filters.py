"""Filters of the list of dead letters."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator

from jobs.admin.shared.filters import Choices, ColumnFilter, in_lower_case
from jobs.core.states import DeathReason, Resolution
from jobs.core.storable import is_storable
from jobs.services.dead_letter_groups import group_called

if TYPE_CHECKING:
    from jobs.admin.shared.theme import ModelAdmin


# Characters of the name of a group; an error may be much longer.
NAME_MAX = 80


class ReasonFilter(ColumnFilter):
    """Why a job became a dead letter."""

    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return DeathReason.choices


class FingerprintFilter(ColumnFilter):
    """One group: shown only where an address asks for it, for there are too many to choose from."""

    title = "group"
    parameter_name = "fingerprint"
    is_open = True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        chosen = request.GET.get(self.parameter_name)
        if not chosen or not is_storable(chosen):
            return []
        called = group_called(chosen)
        return [(chosen, Truncator(str(called)).chars(NAME_MAX) if called else chosen)]


class ResolutionFilter(ColumnFilter):
    """What became of a dead letter; without a choice, those that wait for a person."""

    title = "resolution"
    parameter_name = "resolution"
    is_quick = True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin") -> Choices:
        return [("all", "all"), *in_lower_case(Resolution.choices)]

    def choices(self, changelist: ChangeList) -> Any:
        """Django's, with `waiting` in the place of `All`."""
        waiting, *others = super().choices(changelist)
        return [{**waiting, "display": "waiting"}, *others]

    def unchosen(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that wait for a person."""
        return queryset.filter(resolution="")

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """All, or those with that resolution."""
        return queryset if value == "all" else super().chosen(queryset, value)
