"""The query parameters of the calls about schedules."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from jobs.api.shared.page_query import PageQuery


class ScheduleQuery(PageQuery):
    """The query parameters of `GET /schedules`."""

    name = serializers.CharField(required=False)
    paused = serializers.BooleanField(required=False, default=None, allow_null=True)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The schedules that the query asks for."""
        rows = super().filtered(rows)
        asked = {name: self.validated_data.get(name) for name in ("name", "paused")}
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})
