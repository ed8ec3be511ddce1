"""`GET /jobs/<id>/events`: a job as a stream of server-sent events."""

from datetime import datetime
from time import time
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from jobs.api.jobs.job_events import EventCursor, job_events
from jobs.api.jobs.job_views import JobViewSet
from jobs.api.shared.waiting import RETRY_AFTER_SECONDS, offer_of, take_place
from jobs.core.states import FINAL_STATES
from jobs.core.wait_errors import TooManyWait
from jobs.models import Job

MEDIA_TYPE = "text/event-stream"
# How long a stream may last, unless its token ends sooner. Clients resume it by themselves.
STREAM_SECONDS = 3_600.0
# The token has expired for sure when its stream ends: begun again with it, that is a 401.
EXPIRED_SECONDS = 1.0
# When a client whose connection has ended begins again.
RETRY = f"retry: {RETRY_AFTER_SECONDS * 1000}\n\n".encode()


class TooManyStreams(APIException):
    """429 or 503: as many calls wait already as may, of the client or of all."""

    default_code = "too_many_waits"

    def __init__(self, error: TooManyWait) -> None:
        super().__init__(f"{error}. End one, or try again later.")
        self.status_code = (
            status.HTTP_429_TOO_MANY_REQUESTS
            if error.of_client
            else status.HTTP_503_SERVICE_UNAVAILABLE
        )
        self.wait = float(RETRY_AFTER_SECONDS)


class EventStreamRenderer(BaseRenderer):
    """Says which media type the call answers with; the view renders by itself."""

    media_type = MEDIA_TYPE
    format = "events"

    def render(self, data: Any, *_: Any, **__: Any) -> Any:
        """The data as it is; the answer to `OPTIONS` has none."""
        return b"" if data is None else data


class JobEventViewSet(JobViewSet):
    """Follows a job: whoever may see it may follow it."""

    takes_query: ClassVar[tuple[str, ...]] = ()
    renderer_classes = (EventStreamRenderer,)

    def retrieve(self, request: Request, pk: str) -> Any:
        """The events since `Last-Event-ID`, and on a server that offers it those to come.

        204 if the client has seen the end of the job: it need not ask again.
        """
        job, seen = self._job(request, pk), _seen(request)
        offer = offer_of(request)
        if offer is not None and job.state not in FINAL_STATES:
            try:
                is_new = take_place(request, offer, job, wants_changes=True)
            except TooManyWait as error:
                raise TooManyStreams(error) from error
            job = self._job(request, pk) if is_new else job
            offer.is_waiting = job.state not in FINAL_STATES
            if not offer.has_begun:
                offer.is_stream, offer.seconds = True, _seconds_of(request)
        body, seen = _body(job, seen)
        if offer is not None and seen is not None:
            offer.cursor = seen.encode()
        if not body and job.state in FINAL_STATES:
            return HttpResponse(status=status.HTTP_204_NO_CONTENT)
        is_first = offer is None or not offer.has_begun
        return _response(RETRY + body if is_first else body)


def _body(job: Job, seen: EventCursor | None) -> tuple[bytes, EventCursor | None]:
    body = b""
    for event in job_events(job, seen):
        body += event.encode()
        seen = event.seen
    return body, seen


def _seen(request: Request) -> EventCursor | None:
    offer = offer_of(request)
    text = (offer.cursor if offer else "") or request.headers.get("Last-Event-ID", "")
    if not text:
        return None
    try:
        return EventCursor.decode(text)
    except ValueError:
        raise ValidationError(
            {"Last-Event-ID": ["Send the id of the last event that came, or leave it out."]}
        ) from None


def _seconds_of(request: Request) -> float:
    """How long the stream may last: the token of its client is good for no longer."""
    expires_at: datetime | None = getattr(request.auth, "expires_at", None)
    if expires_at is None:
        return STREAM_SECONDS
    return min(STREAM_SECONDS, expires_at.timestamp() - time() + EXPIRED_SECONDS)


def _response(body: bytes) -> HttpResponse:
    # The header keeps nginx from holding back what has come so far.
    return HttpResponse(body, content_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})
