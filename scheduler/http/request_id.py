"""Gives every request an id, and a trace, that the response, the problem and the log share."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponseBase

from jobs.core.correlation import accepted_traceparent, current_traceparent, traceparent_of
from jobs.core.request_id import current_request_id

HEADER = "X-Request-ID"
TRACE_HEADER = "traceparent"
# As the environment of a call names them: `request.headers` would copy all headers first.
_SENT, _TRACE_SENT = "HTTP_X_REQUEST_ID", "HTTP_TRACEPARENT"

# What a client sends ends up in logs and headers: no spaces, no control characters, not long.
_ACCEPTED = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


class RequestIdMiddleware:
    """Sets `request.request_id`: the client's X-Request-ID if it is fit for a log, else a new one.

    A well-formed `traceparent` is taken as it is; otherwise one is made of the request's id.

    Comes first, so that answers of the other middlewares carry the header as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        accepted = accepted_id(request.META.get(_SENT, ""))
        request.request_id = accepted  # type: ignore[attr-defined]
        traceparent = accepted_traceparent(request.META.get(_TRACE_SENT, ""))
        current_request_id.set(accepted)
        current_traceparent.set(traceparent)
        response = self.get_response(request)
        response.headers[HEADER] = accepted
        response.headers[TRACE_HEADER] = traceparent_of(accepted, traceparent)
        return response


def request_id(request: HttpRequest) -> str:
    """The id of the request; empty where the middleware has not seen it."""
    return getattr(request, "request_id", "")


def accepted_id(sent: str) -> str:
    """What a client has sent if it is fit for a log, else a new id."""
    return sent if _ACCEPTED.fullmatch(sent) else uuid4().hex


def _forget(**_: Any) -> None:
    current_request_id.set("")
    current_traceparent.set("")


# Not in the middleware: Django and gunicorn log about a response that has left it.
request_finished.connect(_forget)
