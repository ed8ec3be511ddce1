"""What caches and browsers may do with an answer."""

from collections.abc import Callable

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from jobs.core.conf import jobs_conf

NO_STORE = "no-store"

# Which of several deployments behind one address has answered; a caller may send it back.
CELL_FIELD = "Jobs-Cell"

_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_OWN_FILES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

# Swagger UI, Redoc and django-unfold style what they draw in place.
_OWN_FILES_AND_STYLES = _OWN_FILES.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
# django-unfold evaluates the expressions in its templates by the browser: a script of others still
# cannot come in, neither as a file nor in the page.
_OF_THEME = _OWN_FILES_AND_STYLES.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'")

# Content-Security-Policy by the beginning of the path. The API shows nothing in a browser.
POLICIES = {
    "/admin/": _OF_THEME if apps.is_installed("unfold") else _OWN_FILES,
    # Served to everyone, and shows nothing that a client has sent.
    "/docs/": _OWN_FILES_AND_STYLES,
}


class ResponseHeadersMiddleware:
    """Nothing is stored by a cache, and nothing is loaded into a page, unless a view allows it.

    Of several cells, every answer says whose it is. Static files have a `Cache-Control`
    of their own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", NO_STORE)
        if cell := jobs_conf().cell:
            response.headers[CELL_FIELD] = cell
        if not _is_debug_page(response):
            response.headers.setdefault("Content-Security-Policy", _policy(request.path_info))
        return response


def _policy(path: str) -> str:
    for prefix, policy in POLICIES.items():
        if path.startswith(prefix):
            return policy
    return _NOTHING


def _is_debug_page(response: HttpResponseBase) -> bool:
    """Whether it is one of Django's pages about an error in development, which style themselves."""
    if not settings.DEBUG or response.status_code < 400:
        return False
    return response.headers.get("Content-Type", "").startswith("text/html")
