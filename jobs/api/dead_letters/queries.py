"""The query parameters of the calls about dead letters."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from jobs.api.dead_letters.representations import WAITING, DeadLetterRepresentation
from jobs.api.shared.fields import MomentField, NamesField
from jobs.api.shared.page_query import Heavy
from jobs.api.shared.search_query import SearchQuery
from jobs.core.states import Resolution
from jobs.services.visibility import VIEW_DEAD_LETTERS

# Beside the resolutions themselves.
ANY = "any"


class DeadLetterQuery(SearchQuery):
    """The query parameters of `GET /failedJobs`."""

    members = tuple(DeadLetterRepresentation.__annotations__)
    heavy = {"payload": Heavy("payload", dict), "attempts": Heavy("attempts", list)}
    of_job = "job__"
    view_permission = VIEW_DEAD_LETTERS

    # The former name of `created_after`.
    since = MomentField(source="created_after", required=False)
    deprecated = {"since": datetime(2026, 11, 27, tzinfo=UTC)}
    resolution = NamesField(lambda _: [WAITING, *Resolution.values, ANY], default=[WAITING])

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The dead letters that the query asks for."""
        rows = super().filtered(rows)
        if fingerprint := self.validated_data.get("fingerprint"):
            rows = rows.filter(fingerprint=fingerprint)
        resolutions = self.validated_data["resolution"]
        if ANY in resolutions:
            return rows
        return rows.filter(resolution__in=["" if one == WAITING else one for one in resolutions])
