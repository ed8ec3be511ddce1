"""A row that clients follow, as a stream of server-sent events."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from time import time
from typing import Any, TypeVar

from django.http import HttpResponse
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from jobs.api.shared.waiting import RETRY_AFTER_SECONDS, offer_of, take_place
from jobs.core.wait_errors import TooManyWait
from jobs.models import Batch, Job

MEDIA_TYPE = "text/event-stream"
# How long a stream may last, unless its token ends sooner. Clients resume it by themselves.
STREAM_SECONDS = 3_600.0
# The token has expired for sure when its stream ends: begun again with it, that is a 401.
EXPIRED_SECONDS = 1.0
# When a client whose connection has ended begins again.
RETRY = f"retry: {RETRY_AFTER_SECONDS * 1000}\n\n".encode()

Row = TypeVar("Row", Job, Batch)


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


class NotAnEventId(ValueError):
    """What a client has sent is not the id of an event."""


@dataclass(frozen=True)
class StreamEvent:
    """One event. `id`: what the client has seen with it; a stream goes on behind it."""

    id: str
    name: str
    data: Any

    def encode(self) -> bytes:
        """As `text/event-stream` has it. JSON has no line breaks."""
        text = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self.id}\nevent: {self.name}\ndata: {text}\n\n".encode()


def stream_answer(
    request: Request,
    *,
    read: Callable[[], Row],
    is_final: Callable[[Row], bool],
    events: Callable[[Row, str], Iterable[StreamEvent]],
) -> HttpResponse:
    """The events since `Last-Event-ID`, and on a server that offers it those to come.

    `read`: the row as it is. `events`: those since the one with this id, which may be empty; raises
    NotAnEventId. 204 if the client has seen the end of the row: it need not ask again.
    """
    row, last = read(), _last_event_id(request)
    offer = offer_of(request)
    if offer is not None and not is_final(row):
        try:
            is_new = take_place(request, offer, row, wants_changes=True)
        except TooManyWait as error:
            raise TooManyStreams(error) from error
        row = read() if is_new else row
        offer.is_waiting = not is_final(row)
        if not offer.has_begun:
            offer.is_stream, offer.seconds = True, _seconds_of(request)
    body = b""
    try:
        for event in events(row, last):
            body += event.encode()
            last = event.id
    except NotAnEventId:
        raise ValidationError(
            {"Last-Event-ID": ["Send the id of the last event that came, or leave it out."]}
        ) from None
    if offer is not None:
        offer.cursor = last
    if not body and is_final(row):
        return HttpResponse(status=status.HTTP_204_NO_CONTENT)
    is_first = offer is None or not offer.has_begun
    return _response(RETRY + body if is_first else body)


def _last_event_id(request: Request) -> str:
    offer = offer_of(request)
    return (offer.cursor if offer else "") or request.headers.get("Last-Event-ID", "")


def _seconds_of(request: Request) -> float:
    """How long the stream may last: the token of its client is good for no longer."""
    expires_at: datetime | None = getattr(request.auth, "expires_at", None)
    if expires_at is None:
        return STREAM_SECONDS
    return min(STREAM_SECONDS, expires_at.timestamp() - time() + EXPIRED_SECONDS)


def _response(body: bytes) -> HttpResponse:
    # The header keeps nginx from holding back what has come so far.
    return HttpResponse(body, content_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})
