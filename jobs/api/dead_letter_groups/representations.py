"""What the call about groups answers."""

from collections.abc import Mapping
from typing import Any, TypedDict
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.urls import reverse

from jobs.api.shared.links import failed_job_path
from jobs.api.shared.moments import written
from jobs.services.dead_letter_groups import Group
from jobs.services.dead_letter_groups.groups import CLIENTS_MAX

# How many of the clients whose jobs died are named.
NAMED = 10


class GroupLinks(TypedDict):
    """Where the dead letters of a group are, and how all of them are replayed."""

    failed_jobs: str
    last: str
    redrives: str


class GroupRepresentation(TypedDict):
    """Waiting dead letters with one fingerprint; of `interrupted` the effect may have happened.

    `error` and `reason` are those of the last one. `trend`: how many jobs died in each of the last
    24 hours, the present one last. `clients`: how many clients' jobs they are, counted up to 100;
    `client_names`: some of them.
    """

    fingerprint: str | None
    type: str
    queue: str
    error: str
    reason: str
    count: int
    interrupted: int
    first_seen: str
    last_seen: str
    trend: list[int]
    clients: int
    clients_are_capped: bool
    client_names: list[str]
    assigned_to: str | None
    muted: bool
    muted_until: int | None
    links: GroupLinks


class GroupPage(TypedDict):
    """A page of groups; `total` counts those of all pages, `is_capped` says that there are more."""

    results: list[GroupRepresentation]
    total: int
    is_capped: bool
    next: str | None


class GroupDiscardRepresentation(TypedDict):
    """What became of a group; `left`: not discarded yet, because it is held or time was short."""

    fingerprint: str
    discarded: int
    left: int


def names_of(groups: list[Group]) -> dict[Any, str]:
    """The names of some clients of each group, by primary key."""
    wanted = {client for group in groups for client in group.clients[:NAMED]}
    users = get_user_model()._default_manager.filter(pk__in=wanted)
    return dict(users.values_list("pk", users.model.USERNAME_FIELD))


def group_representation(group: Group, names: Mapping[Any, str]) -> GroupRepresentation:
    """The group. `names`: of clients, by primary key."""
    return {
        "fingerprint": group.fingerprint or None,
        "type": group.type,
        "queue": group.queue,
        "error": group.error,
        "reason": group.reason,
        "count": group.count,
        "interrupted": group.interrupted,
        "first_seen": written(group.first_seen),
        "last_seen": written(group.last_seen),
        "trend": list(group.trend),
        "clients": min(len(group.clients), CLIENTS_MAX),
        "clients_are_capped": len(group.clients) > CLIENTS_MAX,
        "client_names": [names[one] for one in group.clients[:NAMED] if one in names],
        "assigned_to": group.assigned_to or None,
        "muted": group.is_muted,
        "muted_until": group.muted_until,
        "links": _links(group),
    }


def _links(group: Group) -> GroupLinks:
    asked = {"fingerprint": group.fingerprint} if group.fingerprint else {"type": group.type}
    return {
        "failed_jobs": f"{reverse('failed-jobs')}?{urlencode(asked)}",
        "last": failed_job_path(group.last_id),
        "redrives": reverse("redrives"),
    }
