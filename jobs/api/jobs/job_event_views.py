"""`GET /jobs/<id>/events`: a job as a stream of server-sent events."""

from typing import Any, ClassVar

from rest_framework.request import Request

from jobs.api.jobs.job_events import job_events
from jobs.api.jobs.job_views import JobViewSet
from jobs.api.shared.event_stream import EventStreamRenderer, stream_answer
from jobs.core.states import FINAL_STATES


class JobEventViewSet(JobViewSet):
    """Follows a job: whoever may see it may follow it."""

    takes_query: ClassVar[tuple[str, ...]] = ()
    renderer_classes = (EventStreamRenderer,)

    def retrieve(self, request: Request, pk: str) -> Any:
        """The events since `Last-Event-ID`, and those to come; 204 if the end was among them."""
        return stream_answer(
            request,
            read=lambda: self._job(request, pk),
            is_final=lambda job: job.state in FINAL_STATES,
            events=job_events,
        )
