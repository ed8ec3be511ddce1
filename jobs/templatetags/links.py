"""Links to records: for whoever may follow them. Others read the same words.

In templates: `{% link "jobs.job" job.pk job.pk %}`.
"""

from typing import Any
from uuid import UUID

from django import template
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html

from jobs.templatetags.moments import EMPTY

register = template.Library()


def may_see(request: HttpRequest | None, model: type[Model]) -> bool:
    """Whether the admin shows records of that model to who asks; nothing to nobody."""
    if request is None or not admin.site.is_registered(model):
        return False
    return bool(admin.site.get_model_admin(model).has_view_permission(request))


def record_link(
    request: HttpRequest | None, model: type[Model], pk: UUID | str | int | None, text: str
) -> str:
    """A link to a record's page; the record need not be there any more. A dash without a key."""
    if pk is None:
        return EMPTY
    if not may_see(request, model):
        return format_html('<span title="{}">{}</span>', pk, text)
    page = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    url = reverse(page, args=[quote(str(pk))])
    return format_html('<a href="{}" title="{}">{}</a>', url, pk, text)


@register.simple_tag(takes_context=True)
def link(context: Context, model: str, pk: Any, text: Any) -> str:
    """The link in a template; `model`: its label, such as `jobs.job`."""
    return record_link(context.get("request"), apps.get_model(model), pk, str(text))
