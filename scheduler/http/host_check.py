"""Probes call a container by its address, which is not among the allowed hosts."""

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

HEALTH_PATH = "/health"


class CommonExceptProbesMiddleware(CommonMiddleware):
    """Django's middleware, which refuses unknown hosts, except for paths below `/health`."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info.startswith(HEALTH_PATH):
            return None
        return super().process_request(request)
