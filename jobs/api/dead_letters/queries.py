"""The query parameters of the calls about dead letters."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from jobs.api.shared.fields import MomentField
from jobs.api.shared.page_query import PageQuery
from jobs.core.ids import uuid7_floor
from jobs.core.states import Resolution

# Beside the resolutions themselves.
WAITING, ANY = "waiting", "any"

_CLOCKS_DIFFER_MAX = timedelta(hours=1)


class DeadLetterQuery(PageQuery):
    """The query parameters of `GET /failedJobs`."""

    since = MomentField(required=False)
    resolution = serializers.ChoiceField([WAITING, *Resolution.values, ANY], default=WAITING)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The dead letters that the query asks for."""
        rows = super().filtered(rows)
        if (resolution := self.validated_data["resolution"]) != ANY:
            rows = rows.filter(resolution="" if resolution == WAITING else resolution)
        if since := self.validated_data.get("since"):
            rows = rows.filter(created_at__gte=since, pk__gte=_id_floor(since))
        return rows


def _id_floor(since: datetime) -> UUID:
    """Smaller than the id of any row made since then, so that the index is read from there only.

    Ids come from the workers' clocks, `created_at` from the database's.
    """
    return uuid7_floor(max(0.0, since.timestamp() - _CLOCKS_DIFFER_MAX.total_seconds()))
