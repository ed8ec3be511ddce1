"""The page on which operators see the state of the installation."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from jobs.admin.shared.theme import ModelAdmin
from jobs.services.health import MEGABYTE, health_now


class HealthPage(ModelAdmin):
    """Adds `health/` to the pages of a model; it is about all of them."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.health_view)
        return [path("health/", view, name="jobs_health"), *super().get_urls()]

    def health_view(self, request: HttpRequest) -> HttpResponse:
        """Versions, Redis, searches, tables, retention and settings; without any secret."""
        if not request.user.has_perm("jobs.view_health"):
            raise PermissionDenied
        health = health_now()
        context = {
            **self.admin_site.each_context(request),
            "title": "Health",
            "media": self.media,
            "facts": [
                ("Versions", health.versions),
                ("Redis", health.broker),
                ("Searches", health.searches),
                ("Retention", health.retention),
                ("Settings", health.settings),
            ],
            "tables": [(table, _size(table.bytes)) for table in health.tables],
        }
        return TemplateResponse(request, "admin/jobs/health/page.html", context)


def _size(size_bytes: int) -> str:
    if size_bytes < MEGABYTE:
        return f"{size_bytes / 1024:,.0f} kB"
    return f"{size_bytes / MEGABYTE:,.1f} MB"
