"""Probes call a container by its address, which is no host name that anybody allows."""

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

HEALTH_PATH = "/health"


class CommonExceptProbesMiddleware(CommonMiddleware):
    """Django's, which refuses unknown host names; what `/health` answers depends on none."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info.startswith(HEALTH_PATH):
            return None
        return super().process_request(request)
