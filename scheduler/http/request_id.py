"""Gives every request an id that the response, the problem and the log share."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponseBase

from jobs.core.request_id import current_request_id

HEADER = "X-Request-ID"

# What a client sends ends up in logs and headers: no spaces, no control characters, not long.
_ACCEPTED = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


class RequestIdMiddleware:
    """Sets `request.request_id`: the client's X-Request-ID if it is fit for a log, else a new one.

    Comes first, so that answers of the other middlewares carry the header as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        accepted = _accepted(request.headers.get(HEADER, ""))
        request.request_id = accepted  # type: ignore[attr-defined]
        current_request_id.set(accepted)
        response = self.get_response(request)
        response.headers[HEADER] = accepted
        return response


def request_id(request: HttpRequest) -> str:
    """The id of the request; empty where the middleware has not seen it."""
    return getattr(request, "request_id", "")


def _accepted(sent: str) -> str:
    return sent if _ACCEPTED.fullmatch(sent) else uuid4().hex


def _forget(**_: Any) -> None:
    current_request_id.set("")


# Not in the middleware: Django and gunicorn log about a response that has left it.
request_finished.connect(_forget)
