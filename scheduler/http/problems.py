"""What an `application/problem+json` (RFC 9457) says."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypedDict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.encoding import escape_uri_path

from jobs.api.shared.pointers import PointedError
from jobs.core.correlation import current_traceparent, trace_id_of
from scheduler.http.request_id import request_id

CONTENT_TYPE = "application/problem+json"

# A restarted PostgreSQL is back within seconds; a failover takes a little longer.
DATABASE_RETRY_AFTER_SECONDS = 5


class ProblemBody(TypedDict):
    """The body of every refusal and failure."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    trace_id: str
    errors: list[PointedError]
    error_count: int


@dataclass(frozen=True)
class Problem:
    """What went wrong, for a person (`detail`) and for a program (`status`, `code`, `errors`).

    `errors` are the first ones, `error_count` counts them all.
    """

    status: int
    code: str
    detail: str
    errors: list[PointedError] = field(default_factory=list)
    error_count: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    # `code` tells problems of one status apart; a few are registered under a type of their own.
    type: str = "about:blank"


NOT_FOUND = Problem(
    404,
    "not_found",
    "There is nothing here, or nothing that this account may see. Check the path and the id.",
)
WRONG_HOST = Problem(
    400,
    "bad_request",
    "The server does not answer for this Host: its operator names hosts in ALLOWED_HOSTS.",
)
INTERNAL_ERROR = Problem(
    500, "internal_error", "The server failed. The log has the cause under this request_id."
)
DATABASE_UNAVAILABLE = Problem(
    503,
    "database_unavailable",
    "The database cannot be used right now, so nothing was accepted. Try again.",
    headers={"Retry-After": str(DATABASE_RETRY_AFTER_SECONDS)},
)
# Another transaction is in the way; what it holds may be free at once, or in a while.
BUSY = Problem(
    503,
    "busy",
    "Another change of the same rows is under way, so nothing was done. Try again.",
    headers={"Retry-After": "1"},
)


def problem_body(
    problem: Problem, path: str, request_id: str, traceparent: str = ""
) -> ProblemBody:
    """What the problem says about the request of that path.

    `traceparent`: what the caller sent; empty where it sent none.
    """
    return {
        "type": problem.type,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": escape_uri_path(path),
        "code": problem.code,
        "request_id": request_id,
        "trace_id": trace_id_of(request_id, traceparent),
        "errors": problem.errors,
        "error_count": problem.error_count,
    }


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The response that tells this problem."""
    body = problem_body(problem, request.path, request_id(request), current_traceparent.get())
    return JsonResponse(
        body, status=problem.status, headers=problem.headers, content_type=CONTENT_TYPE
    )
