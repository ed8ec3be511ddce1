"""Refusals that the server gives by itself, without Django. Each ends the connection."""

import json

from jobs.core.correlation import accepted_traceparent, traceparent_of
from scheduler.cors import cors_fields
from scheduler.http.problems import CONTENT_TYPE, INTERNAL_ERROR, Problem, problem_body
from scheduler.http.request_id import HEADER, TRACE_HEADER, accepted_id
from scheduler.serving.limits import BODY_BYTES_PER_SECOND, BODY_GRACE_SECONDS, HEADERS_SECONDS
from scheduler.serving.wsgi_call import Answer, Scope

HEADERS_TOO_SLOW = Problem(
    408,
    "headers_too_slow",
    f"The request line and the headers were not complete within {HEADERS_SECONDS:.0f} s.",
)
BODY_TOO_SLOW = Problem(
    408,
    "body_too_slow",
    f"The body came too slowly: it may take {BODY_GRACE_SECONDS:.0f} s, and longer at "
    f"{BODY_BYTES_PER_SECOND // 1024} KiB/s.",
)
BODY_TOO_LARGE = Problem(413, "body_too_large", "The body is larger than anything that is read.")
TOO_MANY_CONNECTIONS = Problem(
    503, "too_many_connections", "The server has no room for another connection. Try again.",
    headers={"Retry-After": "5"},
)  # fmt: skip

_BY_STATUS = {
    problem.status: problem
    for problem in (
        Problem(400, "bad_request", "The request is malformed."),
        Problem(414, "uri_too_long", "The path and the query are longer than what is read."),
        Problem(431, "headers_too_large", "The headers are more or longer than what is read."),
        Problem(501, "unsupported_transfer_coding", "Send the body with a Content-Length."),
        INTERNAL_ERROR,
    )
}


def problem_of_status(status: int) -> Problem:
    """The problem of a status with which the server refuses what is no proper request."""
    return _BY_STATUS.get(status) or Problem(status, "refused", "The request is refused.")


def refusal(problem: Problem, scope: Scope | None = None) -> Answer:
    """The answer that tells the problem.

    `scope`: the request, where it is known. Then the answer has the ids that the client sent, as
    Django's have, and a page of an allowed origin can read it.
    """
    path = scope["path"] if scope else ""
    request_id, traceparent = ids_of(scope)
    body = json.dumps(problem_body(problem, path, request_id, traceparent)).encode()
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Connection": "close",
        HEADER: request_id,
        TRACE_HEADER: traceparent_of(request_id, traceparent),
        **cors_fields(path, _sent(scope, "Origin")),
        **problem.headers,
    }
    return Answer.made(problem.status, headers, body)


def ids_of(scope: Scope | None) -> tuple[str, str]:
    """Request id and traceparent of the request, as Django's middleware takes them."""
    return accepted_id(_sent(scope, HEADER)), accepted_traceparent(_sent(scope, TRACE_HEADER))


def _sent(scope: Scope | None, name: str) -> str:
    """What the header of the request says; empty where it says nothing."""
    if scope is None:
        return ""
    sent: bytes = dict(scope["headers"]).get(name.lower().encode(), b"")
    return sent.decode("latin-1")
