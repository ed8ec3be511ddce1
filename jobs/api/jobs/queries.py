"""The query parameters of the calls about jobs."""

from typing import Any, cast

from django.db.models import QuerySet

from jobs.api.jobs.representations import JobRepresentation
from jobs.api.shared.fields import NamesField, QuerySwitchField
from jobs.api.shared.page_query import Heavy
from jobs.api.shared.search_query import SearchQuery
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.states import JobState
from jobs.models import DeadLetter
from jobs.models.job_queryset import JobQuerySet
from jobs.services.visibility import VIEW_JOBS


class BulkQuery(StrictSerializer):
    """The query parameters of `POST /addJobs`."""

    atomic = QuerySwitchField(default=False)


class JobQuery(SearchQuery):
    """The query parameters of `GET /jobs`."""

    members = tuple(JobRepresentation.__annotations__)
    heavy = {"payload": Heavy("payload", dict), "error": Heavy("errors", list)}
    view_permission = VIEW_JOBS

    state = NamesField(lambda _: JobState.values, required=False)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The jobs that the query asks for."""
        rows, asked = super().filtered(rows), self.validated_data
        rows = rows.defer("given", "next_jobs")  # of chains, and large
        if states := asked.get("state"):
            rows = cast(JobQuerySet, rows).in_states(states)
        if fingerprint := asked.get("fingerprint"):
            letters = DeadLetter.objects.filter(fingerprint=fingerprint)
            rows = rows.filter(pk__in=letters.values("job_id"))
        return rows
