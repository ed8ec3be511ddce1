"""What stands above a list: views that a person keeps, and the export of what is shown."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path

from jobs.admin.saved_views.keeps_views import KeepsViews
from jobs.admin.shared.not_posted import not_posted
from jobs.core.actor import actor_of
from jobs.services.exports import FORMS, export_parts, export_record

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


class ResponseInParts(StreamingHttpResponse):
    """A file that is made while it is sent. A server that knows `is_in_parts` asks for each part
    when the client has taken those before, on any thread."""

    is_in_parts = True


class ListTools(KeepsViews):
    """Adds saved views to a list, and its export for those who may."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name=self.url_name("export")), *super().get_urls()]

    def has_export_permission(self, request: HttpRequest) -> bool:
        """A permission of its own, beside the one to see the list."""
        may = request.user.has_perm(f"jobs.export_{self.opts.model_name}")
        return may and self.has_view_permission(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tools = {"may_export": self.has_export_permission(request)}
        return super().changelist_view(request, {**tools, **(extra_context or {})})

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The rows that the list's filters leave, as CSV or as lines of JSON."""
        if request.method != "POST":
            return not_posted(self, request)
        if not self.has_export_permission(request):
            raise PermissionDenied
        form = request.POST.get("form", "")
        if form not in FORMS:
            return self.back_to_list(request, f"Choose one of {', '.join(FORMS)}.")
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return self.back_to_list(request, "These filters make no sense: nothing was exported.")
        export_record(
            model=self.model,
            query=self.filters_of(request.GET),
            form=form,
            actor=actor_of(request.user),
        )
        name = f"{self.page_name}s.{form}"
        return ResponseInParts(
            export_parts(rows, form),
            content_type=MEDIA_TYPES[form],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
