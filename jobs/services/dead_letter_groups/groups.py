"""The groups there are, with what a person needs to choose one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncHour

from jobs.core.clock import HOUR_SECONDS
from jobs.core.states import DeathReason
from jobs.models import DeadLetter, DeadLetterCount
from jobs.models.dead_letter import DeadLetterQuerySet
from jobs.sql.statements import database_now, run

# Groups that one look compares; of more than these, the largest.
GROUPS_MAX = 1_000
# Clients of one group that are told apart.
CLIENTS_MAX = 100
TREND_HOURS = 24

ORDERS = {
    "count": lambda one: one.count,
    "last_seen": lambda one: one.last_seen,
    "first_seen": lambda one: one.first_seen,
}
"""What a list of groups may be ordered by, the largest or latest first."""


@dataclass(frozen=True, slots=True)
class Group:
    """Waiting dead letters with one fingerprint; of `interrupted` the effect may have happened.

    `error`, `reason` and `queue` are those of the last one, `last_id`. `trend`: how many jobs died
    in each of the last 24 hours, the present one last. `clients`: primary keys of up to
    `CLIENTS_MAX` clients whose jobs they are. `muted_until`: the count with which a muted group is
    shown again.
    """

    fingerprint: str
    type: str
    count: int
    interrupted: int
    first_seen: datetime
    last_seen: datetime
    last_id: UUID
    error: str
    reason: str
    queue: str
    assigned_to: str = ""
    muted_until: int | None = None
    muted_by: str = ""
    trend: Sequence[int] = ()
    clients: Sequence[Any] = ()

    @property
    def is_muted(self) -> bool:
        """Whether nobody needs to look at it until it has grown."""
        return self.muted_until is not None and self.count < self.muted_until


class Called(NamedTuple):
    """What people call a group: by its type and its newest error."""

    type: str
    error: str

    def __str__(self) -> str:
        return f"{self.type}: {self.error or 'without an error'}"


class Groups(NamedTuple):
    """A page of groups; `total`: how many there are; `is_capped`: there are even more."""

    groups: list[Group]
    total: int
    is_capped: bool


def groups_now(
    *,
    clients: Collection[Any] | None = None,
    job_type: str | None = None,
    order: str = "count",
    muted: bool | None = None,
    assigned_to: str | None = None,
    first: int = 0,
    limit: int = 50,
) -> Groups:
    """A page of groups, from the `first`-th on.

    `clients`: primary keys of users whose dead letters count; None for all, which is quick with any
    number of them. `muted`: only those that are muted, or only others. `order`: one of `ORDERS`.
    """
    found = _of_all(job_type, None) if clients is None else _of_clients(clients, job_type)
    kept = [
        one
        for one in found
        if muted in (None, one.is_muted) and assigned_to in (None, one.assigned_to)
    ]
    kept.sort(key=lambda one: one.fingerprint)
    kept.sort(key=ORDERS[order], reverse=True)
    page = kept[first : first + limit]
    return Groups(_described(page, clients), len(kept), len(found) >= GROUPS_MAX)


def group_of(fingerprint: str) -> Group | None:
    """One group; None if no dead letter with that fingerprint waits."""
    found = _described(_of_all(None, fingerprint), None)
    return found[0] if found else None


def group_called(fingerprint: str) -> Called | None:
    """What people call a group; None if no dead letter with that fingerprint waits."""
    letters = DeadLetter.objects.waiting().filter(fingerprint=fingerprint).order_by("-id")
    found = letters.values_list("type", "error").first()
    return Called(*found) if found is not None else None


def _of_all(job_type: str | None, fingerprint: str | None) -> list[Group]:
    rows = run("dead_letter_groups", type=job_type, fingerprint=fingerprint, limit=GROUPS_MAX)
    return [Group(*row) for row in rows]


def _of_clients(clients: Collection[Any], job_type: str | None) -> list[Group]:
    """Counted from the dead letters: those of one client are few."""
    letters = _letters_of(clients).waiting()
    if job_type is not None:
        letters = letters.filter(type=job_type)
    rows = (
        letters.order_by()
        .values("fingerprint")
        .annotate(
            count=Count("id"),
            interrupted=Count("id", filter=Q(reason=DeathReason.INTERRUPTED)),
            first=Min("created_at"),
            last=Max("created_at"),
        )
        .order_by("-count", "fingerprint")[:GROUPS_MAX]
    )
    counted = {row["fingerprint"]: row for row in rows}
    newest = (
        letters.filter(fingerprint__in=counted)
        .order_by("fingerprint", "-id")
        .distinct("fingerprint")
        .defer("payload", "attempts")
    )
    return [
        Group(
            one.fingerprint,
            one.type,
            counted[one.fingerprint]["count"],
            counted[one.fingerprint]["interrupted"],
            counted[one.fingerprint]["first"],
            counted[one.fingerprint]["last"],
            one.id,
            one.error,
            one.reason,
            one.queue,
        )
        for one in newest
    ]


def _described(groups: list[Group], clients: Collection[Any] | None) -> list[Group]:
    """With the trend and the clients of each."""
    if not groups:
        return []
    fingerprints = [one.fingerprint for one in groups]
    trends = _trends(fingerprints, clients)
    seen = dict(
        run("dead_letter_group_clients", fingerprints=fingerprints, limit=CLIENTS_MAX + 1)
        if clients is None
        else _clients_among(fingerprints, clients)
    )
    return [
        replace(one, trend=trends[one.fingerprint], clients=seen.get(one.fingerprint) or [])
        for one in groups
    ]


def _trends(fingerprints: Sequence[str], clients: Collection[Any] | None) -> dict[str, list[int]]:
    begins = database_now().replace(minute=0, second=0, microsecond=0)
    begins -= timedelta(hours=TREND_HOURS - 1)
    rows = (
        _counted_hours(fingerprints, begins)
        if clients is None
        else _hours_of(fingerprints, begins, clients)
    )
    trends = {one: [0] * TREND_HOURS for one in fingerprints}
    for fingerprint, hour, count in rows:
        place = int((hour - begins).total_seconds() // HOUR_SECONDS)
        if 0 <= place < TREND_HOURS:
            trends[fingerprint][place] += count
    return trends


def _counted_hours(fingerprints: Sequence[str], begins: datetime) -> QuerySet[Any, Any]:
    rows = DeadLetterCount.objects.filter(
        seconds=HOUR_SECONDS, begins_at__gte=begins, fingerprint__in=fingerprints
    ).order_by()
    return rows.values_list("fingerprint", "begins_at").annotate(total=Sum("deaths"))


def _hours_of(
    fingerprints: Sequence[str], begins: datetime, clients: Collection[Any]
) -> QuerySet[Any, Any]:
    letters = _letters_of(clients).filter(fingerprint__in=fingerprints, created_at__gte=begins)
    hour = TruncHour("created_at", tzinfo=UTC)
    return letters.order_by().values_list("fingerprint", hour).annotate(total=Count("id"))


def _clients_among(
    fingerprints: Sequence[str], clients: Collection[Any]
) -> list[tuple[str, list[Any]]]:
    rows = _letters_of(clients).waiting().filter(fingerprint__in=fingerprints).order_by()
    found: dict[str, list[Any]] = {}
    for fingerprint, client in rows.values_list("fingerprint", "submitted_by_id").distinct():
        found.setdefault(fingerprint, []).append(client)
    return list(found.items())


def _letters_of(clients: Collection[Any]) -> DeadLetterQuerySet:
    return DeadLetter.objects.filter(submitted_by_id__in=clients)
