"""Columns and fields that link to other records, for those who may follow the links."""

from collections.abc import Callable
from copy import copy
from typing import Any, Self
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from jobs.admin.shared.theme import ModelAdmin
from jobs.templatetags.links import record_link
from jobs.templatetags.moments import EMPTY

# What stands where an account was named.
DELETED = "a deleted account"


class LinkingAdmin(ModelAdmin):
    """Its columns know who reads them: Django calls them with the record alone."""

    # Of a copy that serves this one request; the admin itself serves all of them.
    request: HttpRequest | None = None

    def link(self, model: type[Model], pk: UUID | str | int | None, text: str) -> str:
        """A link to a record's page for whoever may see it; to others its text."""
        return record_link(self.request, model, pk, text)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """The list, whose columns are those of the copy."""
        found = super().get_changelist_instance(request)
        found.model_admin = self._read_in(request)
        return found

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page of a record, whose fields are those of the copy."""
        context["adminform"].model_admin = self._read_in(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def _read_in(self, request: HttpRequest) -> Self:
        mine = copy(self)
        mine.request = request
        return mine


def account_column(field: str, label: str) -> Callable[[Any, Model], str]:
    """A field of a `LinkingAdmin` that names the account that `field` refers to."""

    @admin.display(description=label)
    def shown(self: LinkingAdmin, row: Model) -> str:
        account: Model | None = getattr(row, field)
        if account is not None:
            return self.link(type(account), account.pk, str(account))
        return EMPTY if getattr(row, "client_left_at", None) is None else DELETED

    return shown
