"""Which exception becomes which problem.

Apps speak to this module through DRF's and Django's exceptions only: an app turns its own
errors into those (`jobs/api/shared/refusals.py`) and needs to know nothing of this file.
"""

import logging
import math
from typing import Any

from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.log import log_response
from rest_framework import exceptions
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.views import set_rollback

from accounts.api.authentication import account_gone
from jobs.api.shared.pointers import pointed_errors, summary
from jobs.sql.contention import is_contention
from scheduler.http.problems import (
    BUSY,
    DATABASE_UNAVAILABLE,
    INTERNAL_ERROR,
    NOT_FOUND,
    WRONG_HOST,
    Problem,
    problem_response,
)

# SQLSTATEs of outages that the driver takes for internal errors: a write on a server that is
# read-only (a standby, or a demoted primary), and a session that PostgreSQL has ended because its
# transaction was idle, or lasted, for too long. After a freeze it finds that of those that were
# under way.
_OUTAGE_SQLSTATES = ("25006", "25P03", "25P04")

# Sentences of libraries that tell what is wrong, and not what to do about it.
_WHAT_TO_DO = {
    str(exceptions.NotAuthenticated.default_detail): (
        "Send an access token (Authorization: Bearer …), which POST /login or POST /token gives."
    ),
    str(exceptions.NotAcceptable.default_detail): (
        "Accept what this call answers with: application/json as a rule."
    ),
    "Given token not valid for any token type": (
        "This is no access token of this service, or it has expired: get another one."
    ),
}

logger = logging.getLogger(__name__)


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's EXCEPTION_HANDLER: every exception of a view becomes a problem.

    An unexpected one is logged with its traceback and becomes a 500.
    """
    drf_request: Request = context["request"]
    request: HttpRequest = drf_request._request
    set_rollback()
    if isinstance(exc, exceptions.UnsupportedMediaType):
        taken = [parser.media_type for parser in context["view"].get_parsers()]
        exc.detail = ErrorDetail(f"{exc.detail} Send {' or '.join(taken)}.", exc.default_code)
    problem = problem_of(exc) or _account_gone(exc, context)
    if problem is not None:
        return problem_response(request, problem)
    return _internal_error(request, exc)


def problem_of(exc: Exception) -> Problem | None:
    """The problem that this exception stands for, or None if it is unexpected."""
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
        case DisallowedHost():
            return WRONG_HOST
        case SuspiciousOperation() | BadRequest():
            return Problem(400, "bad_request", "The request is malformed.")
        case OperationalError() if is_contention(exc):
            return _busy(exc)
        case OperationalError() | InterfaceError():
            return _database_unavailable(exc)
        case InternalError() if getattr(exc.__cause__, "sqlstate", "") in _OUTAGE_SQLSTATES:
            return _database_unavailable(exc)
        case _:
            return None


def _account_gone(exc: Exception, context: dict[str, Any]) -> Problem | None:
    """What is written in the name of an account that has just been deleted PostgreSQL refuses."""
    if not isinstance(exc, DatabaseError):
        return None
    request: Request = context["request"]
    refusal: Any = account_gone(request)
    if refusal is None:
        return None
    refusal.auth_header = context["view"].get_authenticate_header(request)
    return _refused(refusal)


def _invalid(exc: exceptions.ValidationError) -> Problem:
    pointed = pointed_errors(exc.detail)
    return Problem(exc.status_code, str(exc.default_code), summary(pointed), *pointed)


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
    text = _WHAT_TO_DO.get(str(text), text)
    problem_type = getattr(exc, "problem_type", "about:blank")
    return Problem(exc.status_code, str(code), str(text), headers=headers, type=problem_type)


def _busy(exc: Exception) -> Problem:
    logger.warning(
        "A call met another transaction: %s",
        str(exc).partition("\n")[0],
        extra={"event": "database.busy", "error": str(exc)},
    )
    return BUSY


def _database_unavailable(exc: Exception) -> Problem:
    logger.error(
        "The database cannot be used: %s",
        str(exc).partition("\n")[0],
        extra={"event": "database.unavailable", "error": str(exc)},
    )
    return DATABASE_UNAVAILABLE


def _internal_error(request: HttpRequest, exc: Exception) -> HttpResponse:
    # What Django does for a view without DRF: error reporters listen to the signal.
    got_request_exception.send(sender=None, request=request)
    response = problem_response(request, INTERNAL_ERROR)
    log_response(
        "%s: %s",
        response.reason_phrase,
        request.path,
        response=response,
        request=request,
        exception=exc,
    )
    return response
