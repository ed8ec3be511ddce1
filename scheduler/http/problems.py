"""Which error becomes which `application/problem+json` (RFC 9457).

Apps speak to this module through DRF's and Django's exceptions only: an app turns its own
errors into those (`jobs/api/shared/refusals.py`) and needs to know nothing of this file.
"""

import logging
import math
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.signals import got_request_exception
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.encoding import escape_uri_path
from django.utils.log import log_response
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import set_rollback

from jobs.api.shared.pointers import pointed_errors, summary
from scheduler.http.request_id import request_id

CONTENT_TYPE = "application/problem+json"

# A restarted PostgreSQL is back within seconds; a failover takes a little longer.
DATABASE_RETRY_AFTER_SECONDS = 5

# SQLSTATE of a write on a server that is read-only: a standby, or a demoted primary.
_READ_ONLY_SQLSTATE = "25006"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """What went wrong, for a person (`detail`) and for a program (`status`, `code`, `errors`)."""

    status: int
    code: str
    detail: str
    errors: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


NOT_FOUND = Problem(404, "not_found", "There is nothing here.")
INTERNAL_ERROR = Problem(
    500, "internal_error", "The server failed. The log has the cause under this request_id."
)
DATABASE_UNAVAILABLE = Problem(
    503,
    "database_unavailable",
    "The database cannot be used right now, so nothing was accepted. Try again.",
    headers={"Retry-After": str(DATABASE_RETRY_AFTER_SECONDS)},
)


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The response that tells this problem."""
    body: dict[str, Any] = {
        "type": "about:blank",  # `code` tells problems of one status apart
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": escape_uri_path(request.path),
        "code": problem.code,
        "request_id": request_id(request),
        "errors": problem.errors,
    }
    return JsonResponse(
        body, status=problem.status, headers=problem.headers, content_type=CONTENT_TYPE
    )


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's EXCEPTION_HANDLER: every exception of a view becomes a problem.

    One that nobody expected is logged with its traceback and becomes a 500.
    """
    drf_request: Request = context["request"]
    request: HttpRequest = drf_request._request
    set_rollback()
    problem = problem_of(exc)
    if problem is not None:
        return problem_response(request, problem)
    return _internal_error(request, exc)


def problem_of(exc: Exception) -> Problem | None:
    """The problem that this exception stands for, or None if nobody expected it."""
    match exc:
        case exceptions.ValidationError():
            return _invalid(exc)
        case exceptions.APIException():
            return _refused(exc)
        case Http404():
            return NOT_FOUND
        case PermissionDenied():
            return _refused(exceptions.PermissionDenied())
        case RequestDataTooBig():
            return Problem(413, "body_too_large", str(exc))
        case SuspiciousOperation() | BadRequest():
            return Problem(400, "bad_request", "The request is malformed.")
        case OperationalError() | InterfaceError():
            return _database_unavailable(exc)
        case InternalError() if getattr(exc.__cause__, "sqlstate", "") == _READ_ONLY_SQLSTATE:
            return _database_unavailable(exc)
        case _:
            return None


def _invalid(exc: exceptions.ValidationError) -> Problem:
    errors = pointed_errors(exc.detail)
    return Problem(exc.status_code, str(exc.default_code), summary(errors), errors)


def _refused(exc: exceptions.APIException) -> Problem:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    detail: Any = exc.detail
    if isinstance(detail, dict):  # SimpleJWT's errors
        code, text = detail.get("code", exc.default_code), detail.get("detail", exc.default_detail)
    else:
        code, text = getattr(detail, "code", exc.default_code), detail
    return Problem(exc.status_code, str(code), str(text), headers=headers)


def _database_unavailable(exc: Exception) -> Problem:
    logger.error("database_unavailable", extra={"error": str(exc)})
    return DATABASE_UNAVAILABLE


def _internal_error(request: HttpRequest, exc: Exception) -> HttpResponse:
    # What Django does for a view without DRF: error reporters listen to the signal.
    got_request_exception.send(sender=None, request=request)
    response = problem_response(request, INTERNAL_ERROR)
    log_response(
        "%s: %s (request %s)",
        response.reason_phrase,
        request.path,
        request_id(request),
        response=response,
        request=request,
        exception=exc,
    )
    return response
