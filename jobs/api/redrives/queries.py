"""The query parameters of `GET /redrives`."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from jobs.api.redrives.representations import RedriveRepresentation
from jobs.api.shared.page_query import PageQuery
from jobs.core.states import RedriveState


class RedriveQuery(PageQuery):
    """The query parameters of `GET /redrives`."""

    members = tuple(RedriveRepresentation.__annotations__)

    # Redrives have neither.
    type = None  # type: ignore[assignment]
    queue = None  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=RedriveState.values, required=False)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The redrives that the query asks for."""
        rows = super().filtered(rows)
        if (state := self.validated_data.get("state")) is not None:
            rows = rows.filter(state=state)
        return rows
