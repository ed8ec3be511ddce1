"""The filters of a list as they stand above it: one to choose from, and those that are chosen."""

from typing import Any, NamedTuple

from django import template
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList

register = template.Library()


class Chosen(NamedTuple):
    """A filter that narrows the list; `query` is the address without it."""

    title: str
    value: str
    query: str


@register.simple_tag
def quick_filter(cl: ChangeList) -> dict[str, Any] | None:
    """The filter whose choices are one click away, with its title; None for a list without one."""
    for spec in cl.filter_specs:
        if getattr(spec, "is_quick", False):
            return {"title": spec.title, "choices": list(spec.choices(cl))}
    return None


@register.simple_tag
def chosen_filters(cl: ChangeList) -> list[Chosen]:
    """What narrows the list beside the quick filter; the search is the last one."""
    found = [
        Chosen(str(spec.title), _chosen(spec, cl), _without(cl, names))
        for spec in cl.filter_specs
        if not getattr(spec, "is_quick", False)
        and (names := [str(one) for one in spec.expected_parameters()])
        and getattr(spec, "used_parameters", None)
    ]
    if cl.query:
        found.append(Chosen("search", cl.query, _without(cl, [SEARCH_VAR])))
    return found


def _without(cl: ChangeList, names: list[str]) -> str:
    """The address without these parameters; `remove` would take all that begin like them."""
    return str(cl.get_query_string(dict.fromkeys(names)))


def _chosen(spec: Any, cl: ChangeList) -> str:
    """The label of the choice; the value of an address that names another."""
    labels = [str(one["display"]) for one in spec.choices(cl) if one["selected"]]
    values = [str(one) for one in spec.used_parameters.values()]
    return ", ".join(labels or values)
