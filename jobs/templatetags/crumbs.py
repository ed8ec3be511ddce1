"""Where a page of the admin stands: the links above it, in the theme and on pages of our own."""

from typing import Any, NamedTuple

from django import template
from django.apps import apps
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

from jobs.templatetags.links import may_see

register = template.Library()


class Crumb(NamedTuple):
    """A page on the way; `url` is empty for the page itself."""

    title: str
    url: str


@register.simple_tag
def is_themed() -> bool:
    """Whether the pages have the theme, whose header says where a page stands."""
    return apps.is_installed("unfold")


@register.simple_tag(takes_context=True)
def crumbs(context: Context) -> list[Crumb]:
    """The way from the overview to this page, which is the last one.

    Made of what Django's views and ours give their templates: `opts` (whose list it belongs to),
    `original` or `object` (a record), and the page itself: `crumb` in one or two words, or `title`
    where there is neither list nor record.
    """
    opts, record = context.get("opts"), context.get("original") or context.get("object")
    request = context.get("request")
    way = [Crumb("Overview", reverse("admin:index"))]
    if opts is not None:
        way.append(_page(request, opts, "changelist", capfirst(str(opts.verbose_name_plural))))
    if opts is not None and isinstance(record, Model):
        way.append(_page(request, record._meta, "change", str(record), quote(str(record.pk))))
    if own := context.get("crumb") or _of_django(context):
        way.append(Crumb(str(own), ""))
    elif opts is None and context.get("title") not in (None, "", way[0].title):
        way.append(Crumb(str(context["title"]), ""))
    return [*way[:-1], way[-1]._replace(url="")]


def _page(request: HttpRequest | None, opts: Any, name: str, title: str, *args: str) -> Crumb:
    """A page of the model's; without a link where the admin has none for who reads it."""
    if not may_see(request, opts.model):
        return Crumb(title, "")
    try:
        return Crumb(title, reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args))
    except NoReverseMatch:
        return Crumb(title, "")


def _of_django(context: Context) -> str:
    """The word for those of Django's pages that are neither a list nor a record."""
    if context.get("add"):
        return "Add"
    if context.get("deleted_objects") is not None:
        return "Delete"
    if context.get("action_list") is not None:
        return "History"
    return ""
