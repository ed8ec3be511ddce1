"""The query parameters of the calls about batches."""

from typing import Any

from django.db.models import QuerySet

from jobs.api.batches.representations import BatchRepresentation
from jobs.api.batches.submission import NAME_MAX
from jobs.api.shared.fields import QuerySwitchField, TextField
from jobs.api.shared.page_query import PageQuery


class BatchQuery(PageQuery):
    """The query parameters of `GET /batches`."""

    members = tuple(BatchRepresentation.__annotations__)

    # Batches have neither.
    type = None  # type: ignore[assignment]
    queue = None  # type: ignore[assignment]
    name = TextField(max_length=NAME_MAX, required=False)
    completed = QuerySwitchField(required=False)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The batches that the query asks for."""
        rows, asked = super().filtered(rows), self.validated_data
        if (name := asked.get("name")) is not None:
            rows = rows.filter(name=name)
        if (completed := asked.get("completed")) is not None:
            rows = rows.filter(completed_at__isnull=not completed)
        return rows
