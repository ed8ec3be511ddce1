"""`GET /jobs/<id>/timeline`: what has happened to a job, in the order of time."""

from typing import ClassVar, NotRequired, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.jobs.job_views import JobViewSet
from jobs.api.shared.client import client_of
from jobs.api.shared.moments import written
from jobs.services.timeline import TimelineEntry, job_timeline
from jobs.services.visibility import may_view_events, may_view_tracebacks


class TimelineEntryRepresentation(TypedDict):
    """One thing that happened; see `jobs.services.timeline.TimelineEntry`."""

    at: str
    what: str
    text: str
    attempt: int | None
    seconds: float | None
    reason: str | None
    traceback: NotRequired[str]


class Timeline(TypedDict):
    """All of it, the oldest first."""

    results: list[TimelineEntryRepresentation]


class JobTimelineViewSet(JobViewSet):
    """Whoever may see a job may see its timeline.

    Tracebacks, and what people did, take the permissions `jobs.view_traceback` and
    `jobs.view_event`.
    """

    takes_query: ClassVar[tuple[str, ...]] = ()

    def retrieve(self, request: Request, pk: str) -> Response:
        """The timeline of one job."""
        client = client_of(request)
        entries = job_timeline(
            self._job(request, pk),
            with_tracebacks=may_view_tracebacks(client),
            with_events=may_view_events(client),
        )
        body: Timeline = {"results": [_representation(one) for one in entries]}
        return Response(body)


def _representation(entry: TimelineEntry) -> TimelineEntryRepresentation:
    shown: TimelineEntryRepresentation = {
        "at": written(entry.at),
        "what": entry.what,
        "text": entry.text,
        "attempt": entry.attempt,
        "seconds": entry.seconds,
        "reason": entry.reason or None,
    }
    if entry.traceback is not None:
        shown["traceback"] = entry.traceback
    return shown
