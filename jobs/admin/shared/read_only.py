"""What every list and every record has in common: it only shows, and it stays quick."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst

from jobs.admin.shared.gone import gone
from jobs.admin.shared.links import LinkingAdmin
from jobs.admin.shared.paging import CappedPaginator
from jobs.admin.shared.time_limit import within_limit
from jobs.admin.shared.too_slow import too_slow_page
from jobs.core.errors import JobsError
from jobs.core.storable import is_storable


class SafeAdmin(LinkingAdmin):
    """Of the theme or Django's: no address makes an error, and moments are in the reader's zone."""

    list_fullwidth = True  # asked for by django-unfold
    # What a list says that has no rows, in the theme.
    empty_hint = ""

    class Media:
        css = {"all": ["jobs/admin.css"]}
        js = [Script(f"jobs/{name}.js", defer=True) for name in ("moments", "once", "shortcuts")]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The record, or None; PostgreSQL does not even compare with a text that has a NUL."""
        if "\x00" in object_id:
            return None
        return super().get_object(request, object_id, from_field)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *more: Any, **options: Any
    ) -> HttpResponse:
        show = super().changeform_view
        return self._in_words(
            request, object_id, lambda: show(request, object_id, *more, **options)
        )

    def delete_view(
        self, request: HttpRequest, object_id: str, *more: Any, **options: Any
    ) -> HttpResponse:
        show = super().delete_view
        return self._in_words(
            request, object_id, lambda: show(request, object_id, *more, **options)
        )

    def _in_words(
        self, request: HttpRequest, object_id: str | None, answer: Callable[[], HttpResponse]
    ) -> HttpResponse:
        """Says what a service refused that the form could not know of: a race."""
        try:
            return answer()
        except JobsError as error:
            if request.method != "POST":
                raise
            self.message_user(request, f"Nothing was changed: {error}.", level=messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        except self.model.DoesNotExist:
            return gone(self, request, unquote(object_id or ""))

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Django's way leads to the first page; the list is where one looks next."""
        return gone(self, request, object_id)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *more: Any, **options: Any
    ) -> HttpResponse | None:
        """Of the selected ids, those that no record can have select nothing."""
        asked = request.POST.copy()
        chosen = asked.getlist(ACTION_CHECKBOX_NAME)
        asked.setlist(ACTION_CHECKBOX_NAME, [one for one in chosen if self._can_be_key(one)])
        request.POST = asked  # type: ignore[assignment]  # as Django's own views do
        return super().response_action(request, queryset, *more, **options)

    def _can_be_key(self, text: str) -> bool:
        if not is_storable(text):
            return False
        try:
            self.opts.pk.clean(text, None)
        except (ValidationError, ValueError):
            return False
        return True


class ReadOnlyList(ChangeList):
    """A list in the order of the primary key, without the columns that are large."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        admin_of_models = cast(ReadOnlyAdmin, self.model_admin)
        return super().get_queryset(*args, **kwargs).defer(*admin_of_models.list_defer)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Any other order would sort the whole table."""
        return list(self.model._meta.ordering or [])


class ReadOnlyAdmin(SafeAdmin):
    """Nothing can be added, changed or deleted, whatever permissions a user has."""

    list_filter: ClassVar[tuple[type[admin.SimpleListFilter], ...]] = ()
    list_defer: tuple[str, ...] = ()
    list_per_page = 50
    list_max_show_all = 0
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each facet is a COUNT
    sortable_by = ()
    search_fields = ("id",)  # shows the search box; `search` says what is searched
    change_list_template = "admin/jobs/list.html"
    change_form_template = "admin/jobs/record.html"

    def search(self, term: str) -> Q:
        """The rows that a search for `term` finds; every condition has an index."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if self.search_fields and (term := search_term.strip()):
            queryset = queryset.filter(self.search(term))
        return queryset, False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ReadOnlyList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        show = super().changelist_view
        extra_context = {"title": capfirst(self.opts.verbose_name_plural), **(extra_context or {})}
        if request.method == "POST":  # an action may take longer than a list
            return show(request, extra_context)
        return within_limit(lambda: show(request, extra_context), lambda: self._too_slow(request))

    def _too_slow(self, request: HttpRequest) -> HttpResponse:
        return too_slow_page(request, self.admin_site, self.opts)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only the filters on the page: they have indexes, and none reads a payload."""
        return any(lookup == one.parameter_name for one in self.list_filter)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
