"""The page for a list, or the overview, whose queries would take too long."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse

from jobs.admin.shared.time_limit import LIMIT_SECONDS


def too_slow_page(request: HttpRequest, site: AdminSite, opts: Any = None) -> TemplateResponse:
    """What to do about it, with status 503. `opts`: of the model whose list it is."""
    context = {
        **site.each_context(request),
        "title": "That took too long",
        "crumb": "Too slow",
        "opts": opts,
        "limit_seconds": LIMIT_SECONDS,
    }
    return TemplateResponse(request, "admin/jobs/too_slow.html", context, status=503)
