"""Scopes of access tokens. They narrow what a token may be used for, and never widen it.

Each call of the API needs the scope that its view declares in `required_scopes`: by action of a
view set, or by method of another view. What a call asks of its user's permissions stays as it is; a
permission counts only if the token holds a scope that it belongs to.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# Holds every other scope, and the permissions that belong to none.
ADMIN = "admin"

# For a call that any token may make. Only what ends tokens sooner is one.
ANY_TOKEN = ""


@dataclass(frozen=True)
class Scope:
    """What a token may be used for. `does`: as people read it.

    `permissions`: those that count with it, as Django names them.
    `for_everyone`: whether every account may have it; otherwise whoever has a permission of it.
    """

    name: str
    does: str
    permissions: frozenset[str] = frozenset()
    for_everyone: bool = False


SCOPES = {
    one.name: one
    for one in (
        Scope(
            "jobs:write",
            "submit, edit and cancel jobs and batches",
            # To cancel a job or a batch of another client it must be found.
            frozenset(
                {
                    "jobs.view_job",
                    "jobs.cancel_job",
                    "jobs.change_job",
                    "jobs.view_batch",
                    "jobs.cancel_batch",
                }
            ),
            for_everyone=True,
        ),
        Scope(
            "jobs:read",
            "see jobs, batches, queues, limits and schedules",
            frozenset(
                {
                    "jobs.view_job",
                    "jobs.view_queue",
                    "jobs.view_limit",
                    "jobs.view_schedule",
                    "jobs.view_batch",
                    # What a timeline tells beside the states.
                    "jobs.view_event",
                    "jobs.view_traceback",
                }
            ),
            for_everyone=True,
        ),
        Scope(
            "dlq:read",
            "see dead letters",
            frozenset({"jobs.view_deadletter", "jobs.view_redrive", "jobs.view_traceback"}),
            for_everyone=True,
        ),
        Scope(
            "dlq:write",
            "replay dead letters, one by one and in redrives",
            frozenset(
                {
                    "jobs.view_deadletter",
                    "jobs.view_redrive",
                    "jobs.replay_deadletter",
                    "jobs.discard_deadletter",
                    "jobs.triage_deadletter",
                }
            ),
        ),
        Scope(
            "queues:write",
            "pause and resume queues, set and remove limits",
            frozenset({"jobs.pause_queue", "jobs.change_limit", "jobs.delete_limit"}),
        ),
        Scope(
            "schedules:write",
            "make, change, run and delete schedules",
            frozenset(
                {
                    "jobs.add_schedule",
                    "jobs.change_schedule",
                    "jobs.delete_schedule",
                    "jobs.run_schedule",
                }
            ),
        ),
        Scope(ADMIN, "everything that the account may do"),
    )
}

_ANY_SCOPE = "|".join(SCOPES)
# A text that names some, with spaces between: for descriptions.
SCOPES_PATTERN = rf"^\s*({_ANY_SCOPE})(\s+({_ANY_SCOPE}))*\s*$"

# Permissions to see something do not open a scope that changes something.
_OPENING = {
    name: frozenset(one for one in scope.permissions if not one.startswith("jobs.view_"))
    for name, scope in SCOPES.items()
}

_SCOPES_OF_PERMISSION: dict[str, frozenset[str]] = {
    permission: frozenset(
        {ADMIN, *(one.name for one in SCOPES.values() if permission in one.permissions)}
    )
    for scope in SCOPES.values()
    for permission in scope.permissions
}
_ADMIN_ALONE = frozenset({ADMIN})


def holds(scopes: Collection[str], required: str) -> bool:
    """Whether one of the scopes is the required one, or holds it."""
    return required in scopes or required == ANY_TOKEN or ADMIN in scopes


def narrowed(scopes: frozenset[str] | None, most: frozenset[str]) -> frozenset[str]:
    """What is left of a token's scopes where its account may have these at most."""
    if scopes is None or ADMIN in scopes:
        return most
    return frozenset(one for one in scopes if holds(most, one))


def counts(scopes: frozenset[str], permission: str) -> bool:
    """Whether the permission counts for a token with these scopes."""
    return not scopes.isdisjoint(_SCOPES_OF_PERMISSION.get(permission, _ADMIN_ALONE))


def scopes_open_to(user: Any) -> tuple[str, ...]:
    """The scopes that a token of the user may hold, in the order of `SCOPES`.

    Reads the user's permissions, in two statements at most.
    """
    if user.is_superuser:
        return tuple(SCOPES)
    permissions: set[str] = user.get_all_permissions()
    return tuple(
        name
        for name, scope in SCOPES.items()
        if scope.for_everyone
        or not _OPENING[name].isdisjoint(permissions)
        or (name == ADMIN and user.is_staff)
    )


def scope_text(scopes: Iterable[str]) -> str:
    """As the claim `scope` has them (RFC 8693, section 4.2): each once, as `SCOPES` does."""
    wanted = set(scopes)
    return " ".join(name for name in SCOPES if name in wanted)


@lru_cache(maxsize=256)
def scopes_in(text: str) -> frozenset[str]:
    """The scopes that the text of a claim names."""
    return frozenset(text.split())


def required_scope(view: Any) -> str | None:
    """The scope that the call needs which this view answers; None for a method that it has not.

    A call that declares none needs `admin`: nothing is open because it was forgotten.
    """
    name = getattr(view, "action", None) or ""
    if not hasattr(view, "action_map"):
        name = str(view.request.method).lower()
    if name == "head":
        name = "get"
    if not name or name in ("options", "metadata") or not hasattr(view, name):
        return None
    required: str = getattr(view, "required_scopes", {}).get(name, ADMIN)
    return required
