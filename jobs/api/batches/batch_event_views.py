"""`GET /batches/<id>/events`: a batch as a stream of server-sent events."""

from typing import Any, ClassVar

from rest_framework.request import Request

from jobs.api.batches.batch_events import batch_events
from jobs.api.batches.batch_views import BatchViewSet
from jobs.api.shared.event_stream import EventStreamRenderer, stream_answer
from jobs.core.states import BatchState


class BatchEventViewSet(BatchViewSet):
    """Follows a batch: whoever may see it may follow it."""

    takes_query: ClassVar[tuple[str, ...]] = ()
    renderer_classes = (EventStreamRenderer,)

    def retrieve(self, request: Request, pk: str) -> Any:
        """The events since `Last-Event-ID`, and those to come; 204 if the end was among them."""
        return stream_answer(
            request,
            read=lambda: self._batch(request, pk),
            is_final=lambda batch: batch.state is BatchState.COMPLETED,
            events=batch_events,
        )
