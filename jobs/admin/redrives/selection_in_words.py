"""Which dead letters a redrive replays, as people read it."""

from datetime import datetime

from django.contrib.auth import get_user_model

from jobs.core.selection import Selection
from jobs.core.states import DeathReason
from jobs.services.dead_letter_groups import Called

_NAMED = ("queue", "batch", "schedule")


def selection_in_words(selection: Selection, error: str = "") -> str:
    """The conditions; `all that wait` without any. `error`: of the group, if it names one."""
    said = []
    if selection.ids is not None:
        said.append(f"{len(selection.ids):,} chosen one by one")
    if selection.fingerprint is not None:
        said.append(_group(selection, error))
    elif selection.type is not None:
        said.append(f"type {selection.type}")
    said += [
        f"{name} {value}" for name in _NAMED if (value := getattr(selection, name)) is not None
    ]
    if selection.death_reason is not None:
        said.append(DeathReason(selection.death_reason).label)
    if selection.client is not None:
        said.append(f"client {_name(selection.client)}")
    if selection.created_after is not None:
        said.append(f"died after {_moment(selection.created_after)}")
    if selection.created_before is not None:
        said.append(f"died before {_moment(selection.created_before)}")
    return ", ".join(said) or "all that wait"


def _group(selection: Selection, error: str) -> str:
    """What people call the group; its fingerprint where nothing is known of it any more."""
    if error and selection.type:
        return str(Called(selection.type, error))
    return f"group {selection.fingerprint}{f' of {selection.type}' if selection.type else ''}"


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _name(client: str) -> str:
    user = get_user_model()._default_manager.filter(pk=client).first()
    return user.get_username() if user is not None else client
