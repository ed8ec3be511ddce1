"""The query parameters of the calls about schedules."""

from typing import Any

from django.db.models import QuerySet

from jobs.api.schedules.representations import ScheduleRepresentation
from jobs.api.shared.fields import QuerySwitchField, TextField
from jobs.api.shared.page_query import PageQuery
from jobs.services.schedules.spec import NAME_MAX


class ScheduleQuery(PageQuery):
    """The query parameters of `GET /schedules`."""

    members = tuple(ScheduleRepresentation.__annotations__)

    name = TextField(max_length=NAME_MAX, required=False)
    paused = QuerySwitchField(required=False)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The schedules that the query asks for."""
        rows = super().filtered(rows)
        asked = {name: self.validated_data.get(name) for name in ("name", "paused")}
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})
