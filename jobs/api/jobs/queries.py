"""The query parameters of the calls about jobs."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from jobs.api.shared.fields import QuerySwitchField
from jobs.api.shared.page_query import PageQuery
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.states import JobState


class BulkQuery(StrictSerializer):
    """The query parameters of `POST /addJobs`."""

    atomic = QuerySwitchField(default=False)


class JobQuery(PageQuery):
    """The query parameters of `GET /jobs`."""

    state = serializers.ChoiceField(JobState.choices, required=False)
    schedule = serializers.UUIDField(required=False)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The jobs that the query asks for."""
        rows = super().filtered(rows)
        if schedule_id := self.validated_data.get("schedule"):
            rows = rows.filter(schedule_id=schedule_id)
        state = self.validated_data.get("state")
        return rows.filter(state=state) if state else rows
