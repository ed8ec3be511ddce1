"""Which dead letters a redrive replays, as people read it."""

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model

from jobs.core.selection import Selection
from jobs.core.states import DeathReason
from jobs.models import Redrive
from jobs.services.dead_letter_groups import Called

_NAMED = ("queue", "batch", "schedule")
# A redrive is bound to what had died when it began: a bound so close to that says nothing more.
_JUST_THEN = timedelta(minutes=1)


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


def redrive_in_words(redrive: Redrive) -> str:
    """What the redrive selects."""
    selection = Selection.of(redrive.selection)
    until = selection.created_before
    if until is not None and redrive.created_at - until < _JUST_THEN:
        selection = selection._replace(created_before=None)
    words = selection_in_words(selection, redrive.error)
    if selection.include_interrupted:
        words += "; also those whose effect may have happened"
    return words


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
