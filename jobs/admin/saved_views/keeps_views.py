"""Views of a list that a person keeps: above the list, by POST, each for itself."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.urls import URLPattern, path, reverse

from jobs.admin.shared.not_posted import not_posted
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.services.saved_views import (
    ViewNotSaved,
    saved_view_delete,
    saved_view_save,
    saved_views_of,
)


class KeepsViews(ReadOnlyAdmin):
    """Adds saved views to a list."""

    def get_urls(self) -> list[URLPattern]:
        save, delete = (
            self.admin_site.admin_view(view) for view in (self.save_view, self.delete_saved_view)
        )
        return [
            path("views/", save, name=self.url_name("save_view")),
            path("views/<uuid:view_id>/delete/", delete, name=self.url_name("delete_view")),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        kept = {
            "saved_views": saved_views_of(owner_id=request.user.pk, page=self.page_name),
            "kept_query": self.filters_of(request.GET),
        }
        return super().changelist_view(request, {**kept, **(extra_context or {})})

    def save_view(self, request: HttpRequest) -> HttpResponse:
        """Keeps the filters of the list's address under the name in the form."""
        if refused := self._refused_unless_viewer(request):
            return refused
        try:
            saved_view_save(
                owner_id=request.user.pk,
                page=self.page_name,
                name=request.POST.get("name", ""),
                query=self.filters_of(request.GET),
            )
        except ViewNotSaved as error:
            return self.back_to_list(request, f"The view was not saved: {error}.")
        return self.back_to_list(request, "")

    def delete_saved_view(self, request: HttpRequest, view_id: UUID) -> HttpResponse:
        """Deletes a view of this person."""
        if refused := self._refused_unless_viewer(request):
            return refused
        saved_view_delete(owner_id=request.user.pk, view_id=view_id)
        return self.back_to_list(request, "")

    def _refused_unless_viewer(self, request: HttpRequest) -> HttpResponse | None:
        if request.method != "POST":
            return not_posted(self, request)
        if not self.has_view_permission(request):
            raise PermissionDenied
        return None

    def back_to_list(self, request: HttpRequest, said: str) -> HttpResponse:
        if said:
            self.message_user(request, said, level=messages.ERROR)
        query = self.filters_of(request.GET)
        address = reverse(f"admin:{self.url_name('changelist')}")
        return HttpResponseRedirect(f"{address}?{query}" if query else address)

    def filters_of(self, asked: QueryDict) -> str:
        """The search and the filters of an address, without pages and what is unknown."""
        kept = QueryDict(mutable=True)
        for name, values in asked.lists():
            if name == "q" or self.lookup_allowed(name, ""):
                kept.setlist(name, [value.replace("\x00", "") for value in values])
        return kept.urlencode()

    @property
    def page_name(self) -> str:
        return str(self.opts.model_name)

    def url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"
