"""The views that Django calls for errors: problems for the API, pages for the admin."""

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from scheduler.http import error_pages
from scheduler.http.admin_middleware import is_for_admin
from scheduler.http.exception_handler import problem_of
from scheduler.http.problems import INTERNAL_ERROR, NOT_FOUND, Problem, problem_response

_TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


@csrf_exempt  # Nothing is changed, and a POST to a wrong path is told that it is wrong.
def no_such_path(request: HttpRequest) -> HttpResponse:
    """The last of the URL patterns: as a view, it answers in the same way while DEBUG is on."""
    return problem_response(request, NOT_FOUND)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token (CSRF_FAILURE_VIEW)."""
    if is_for_admin(request):
        return error_pages.error_page(request, error_pages.FORM_REFUSED)
    return problem_response(request, _problem(PermissionDenied(), PermissionDenied()))


def no_such_page(request: HttpRequest) -> HttpResponse:
    """A path of the admin with nothing behind it."""
    raise Http404


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django refuses before any view, such as one for an unknown host."""
    if is_for_admin(request):
        if isinstance(exception, _TOO_MUCH):
            return error_pages.error_page(request, error_pages.TOO_MUCH)
        return error_pages.bare_page(request, error_pages.BAD_REQUEST)
    return problem_response(request, _problem(exception, BadRequest()))


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A refusal outside of DRF."""
    if is_for_admin(request):
        return error_pages.error_page(request, error_pages.FORBIDDEN)
    return problem_response(request, _problem(exception, exception))


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page."""
    if is_for_admin(request):
        return error_pages.error_page(request, error_pages.NOT_FOUND)
    return problem_response(request, NOT_FOUND)


def handler500(request: HttpRequest) -> HttpResponse:
    """A failure outside of DRF's views."""
    if is_for_admin(request):
        return error_pages.bare_page(request, error_pages.FAILED)
    return problem_response(request, INTERNAL_ERROR)


def _problem(exception: Exception, otherwise: Exception) -> Problem:
    return problem_of(exception) or problem_of(otherwise) or INTERNAL_ERROR
