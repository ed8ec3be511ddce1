"""`/v1/jobs` and `/jobs` are the same call; a version of the API is a URL conf.

The URL conf of a request also makes its links (`reverse`), so that they have the form that the
caller used: no view and no representation knows of versions.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

URLCONFS = {"/v1/": "scheduler.urls_v1"}
"""The URL conf of the paths that begin so. All other paths have ROOT_URLCONF."""


class VersionMiddleware:
    """Chooses the URL conf."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (urlconf := URLCONFS.get(request.path_info[:4])) is not None:
            request.urlconf = urlconf
        return self.get_response(request)
