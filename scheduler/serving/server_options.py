"""`OPTIONS *`: which methods the server has at all (RFC 9110, 9.3.7). Django has no path for it."""

from jobs.core.correlation import traceparent_of
from scheduler.http.request_id import HEADER, TRACE_HEADER
from scheduler.http.routes import ROUTES
from scheduler.serving.refusals import ids_of
from scheduler.serving.request_target import ASTERISK
from scheduler.serving.wsgi_call import Answer, Scope

METHODS = sorted({route.method for route in ROUTES} | {"HEAD", "OPTIONS"})


def is_server_options(scope: Scope) -> bool:
    """Whether the request asks about the server and not about a path."""
    return bool(scope["raw_path"] == ASTERISK)


def server_options(scope: Scope) -> Answer:
    """The methods in `Allow`, and no body."""
    request_id, traceparent = ids_of(scope)
    headers = {
        "Allow": ", ".join(METHODS),
        "Content-Length": "0",
        HEADER: request_id,
        TRACE_HEADER: traceparent_of(request_id, traceparent),
    }
    return Answer.made(200, headers)
