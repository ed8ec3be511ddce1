"""Limits, and how much of each is in use."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from jobs.models import Job, Limit, Slot
from jobs.services.limits.declared import declared_rule
from jobs.services.limits.names import stored_name
from jobs.services.limits.rows import limit_of_rule

# Jobs that are counted of each limit at most: a page must not cost more as a backlog grows.
COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class LimitInUse:
    """A limit at one moment.

    `slots_in_use`: jobs that are admitted under it and not final. `held`: jobs that wait at it,
    not counted beyond `held_max` (`is_capped`).
    """

    limit: Limit
    slots_in_use: int
    held: int
    held_max: int = COUNTED

    @property
    def is_capped(self) -> bool:
        """Whether there may be more jobs than were counted."""
        return self.held >= self.held_max


def limit_in_use(*, name: str) -> LimitInUse:
    """The limit of that name: its row, or what the code of this process declares.

    Raises Limit.DoesNotExist where neither is there.
    """
    name = stored_name(name)
    limit = Limit.objects.filter(name=name).first()
    if limit is None:
        rule = declared_rule(name)
        if rule is None:
            raise Limit.DoesNotExist(f"there is no limit {name!r}")
        limit = limit_of_rule(name, rule)
    [one] = with_use([limit])
    return one


def limits_in_use(*, after: str = "", limit: int) -> list[LimitInUse]:
    """Limits that have a row, by name: the first `limit` of them whose name is behind `after`.

    What code declares gets its row with the first job that comes under it.
    """
    return with_use(list(Limit.objects.filter(name__gt=after).order_by("name")[:limit]))


def with_use(limits: Sequence[Limit], held_max: int = COUNTED) -> list[LimitInUse]:
    """These limits, in their order, and how much of each is in use. Costs a query, and one each."""
    names = [limit.name for limit in limits]
    slots = Slot.objects.filter(limit_name__in=names).order_by().values_list("limit_name")
    in_use = dict(slots.annotate(count=Count("*")))
    return [
        LimitInUse(limit, in_use.get(limit.name, 0), _held(limit.name, held_max), held_max)
        for limit in limits
    ]


def _held(name: str, held_max: int) -> int:
    return Job.objects.queued().filter(held_by=name).order_by()[:held_max].count()
