"""What the calls about limits answer."""

from typing import TypedDict
from urllib.parse import quote

from django.urls import reverse

from jobs.services.limits.in_use import LimitInUse


class LimitInUseFacts(TypedDict):
    """A limit, and how much of it is in use."""

    name: str
    max_concurrency: int | None
    rate: str | None
    burst: int | None
    is_fair: bool
    set_by: str
    slots_in_use: int
    held: int
    is_capped: bool


class LimitLinks(TypedDict):
    """Where a limit is."""

    self: str


class LimitRepresentation(LimitInUseFacts):
    """The same, and where it is."""

    links: LimitLinks


class LimitPage(TypedDict):
    """A page of limits, by name, and the path of the next one."""

    results: list[LimitRepresentation]
    next: str | None


def limit_facts(one: LimitInUse) -> LimitInUseFacts:
    """The limit without links."""
    limit, rate = one.limit, one.limit.rule.rate
    return {
        "name": limit.name,
        "max_concurrency": limit.max_concurrency,
        "rate": rate and rate.as_text,
        "burst": limit.burst,
        "is_fair": limit.is_fair,
        "set_by": limit.set_by,
        "slots_in_use": one.slots_in_use,
        "held": one.held,
        "is_capped": one.is_capped,
    }


def limit_representation(one: LimitInUse) -> LimitRepresentation:
    """The limit."""
    return {**limit_facts(one), "links": {"self": limit_path(one.limit.name)}}


def limit_path(name: str) -> str:
    """Where the limit is: a key may hold any character."""
    return f"{reverse('limits')}/{quote(name, safe=':')}"
