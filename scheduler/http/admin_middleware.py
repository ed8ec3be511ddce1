"""Sessions, users and messages of the admin's pages; calls of the API skip them.

The API knows its users by their tokens and needs none of these.
"""

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

ADMIN_PATH = "/admin/"


def is_for_admin(request: HttpRequest) -> bool:
    """Whether the request is for a page of the admin."""
    return request.path_info.startswith(ADMIN_PATH)


class _OnAdminPages(MiddlewareMixin):
    """Skips the middleware that follows among the base classes, except for pages of the admin."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the middleware, or directly that of the next one."""
        if is_for_admin(request):
            return super().__call__(request)  # type: ignore[return-value]
        return self.get_response(request)  # type: ignore[return-value]


class AdminSessionMiddleware(_OnAdminPages, SessionMiddleware):
    """`request.session`."""


class AdminAuthenticationMiddleware(_OnAdminPages, AuthenticationMiddleware):
    """`request.user`."""


class AdminMessageMiddleware(_OnAdminPages, MessageMiddleware):
    """The messages that the admin shows after an action."""
