"""A secret that comes over plain HTTP is refused: after a redirect it would go on coming so."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from scheduler.http.host_check import HEALTH_PATH
from scheduler.http.problems import Problem, problem_response

HTTPS_REQUIRED = Problem(
    403,
    "https_required",
    "Use https://. Everything in this request could be read on its way: change the password or "
    "token that it carried.",
)

# Requests that have no body.
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


class HttpsOnlyMiddleware:
    """Refuses plain requests that have a body, a token or a session, if HTTPS_ONLY is on.

    Django's SecurityMiddleware redirects the others.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure() and _has_secrets(request):
            return problem_response(request, HTTPS_REQUIRED)
        return self.get_response(request)


def _has_secrets(request: HttpRequest) -> bool:
    if request.path_info.startswith(HEALTH_PATH):
        return False  # probes speak plain HTTP to the container
    if request.method not in _BODILESS or "HTTP_AUTHORIZATION" in request.META:
        return True
    return settings.SESSION_COOKIE_NAME in request.COOKIES
