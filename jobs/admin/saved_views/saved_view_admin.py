"""Saved views in the admin: what a person keeps, of all lists together."""

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from jobs.admin.shared.leaves_with_client import LeavesWithClient
from jobs.admin.shared.rendering import moment_column
from jobs.models import DeadLetter, Event, Job, SavedView
from jobs.templatetags.moments import EMPTY

# The lists of which views can be kept, by the name of their model.
LISTS: dict[str, type[Model]] = {str(one._meta.model_name): one for one in (Job, DeadLetter, Event)}


class SavedViewAdmin(LeavesWithClient):
    """One's own views, and nobody else's. They are saved and deleted above the lists themselves."""

    list_display = ("name", "list_name", "opened", "created")
    fields = (*list_display, "query")
    search_help_text = "The beginning of a view's name."
    empty_hint = "Filter a list, then save the view above it."
    change_form_template = "admin/change_form.html"
    created = moment_column("created_at", "saved")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedView]:
        return SavedView.objects.filter(owner_id=request.user.pk)

    def search(self, term: str) -> Q:
        return Q(name__startswith=term)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """For whoever may see a list of which views can be kept."""
        return any(request.user.has_perm(f"jobs.view_{name}") for name in LISTS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="list")
    def list_name(self, view: SavedView) -> str:
        model = LISTS.get(view.page)
        return capfirst(str(model._meta.verbose_name_plural)) if model else view.page

    @admin.display(description="shows")
    def opened(self, view: SavedView) -> str:
        if view.page not in LISTS:
            return EMPTY
        address = reverse(f"admin:jobs_{view.page}_changelist")
        return format_html('<a href="{}?{}">{}</a>', address, view.query, view.query or "all")
