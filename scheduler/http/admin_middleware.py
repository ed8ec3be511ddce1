"""Sessions, users and messages of the admin's pages; calls of the API pass them by.

The API knows its users by their tokens, so that it has no use for any of these.
"""

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

ADMIN_PATH = "/admin/"


def is_for_admin(request: HttpRequest) -> bool:
    """Whether a page of the admin is asked for."""
    return request.path_info.startswith(ADMIN_PATH)


class _OnAdminPages(MiddlewareMixin):
    """Comes before a middleware of Django's among the base classes, and leaves it out elsewhere."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """What the middleware makes of the request, or the answer of those after it."""
        if is_for_admin(request):
            return super().__call__(request)  # type: ignore[return-value]
        return self.get_response(request)  # type: ignore[return-value]


class AdminSessionMiddleware(_OnAdminPages, SessionMiddleware):
    """`request.session`."""


class AdminAuthenticationMiddleware(_OnAdminPages, AuthenticationMiddleware):
    """`request.user`."""


class AdminMessageMiddleware(_OnAdminPages, MessageMiddleware):
    """What the admin tells after an action."""
