"""Which dead letters a redrive replays, as people read it."""

from datetime import datetime

from django.contrib.auth import get_user_model

from jobs.core.selection import Selection


def selection_in_words(selection: Selection) -> str:
    """The conditions; `all that wait` without any."""
    said = []
    if selection.ids is not None:
        said.append(f"{len(selection.ids)} chosen one by one")
    said += [
        f"{name} {value}"
        for name in ("fingerprint", "type", "queue", "batch", "schedule")
        if (value := getattr(selection, name)) is not None
    ]
    if selection.death_reason is not None:
        said.append(f"reason {selection.death_reason}")
    if selection.client is not None:
        said.append(f"client {_name(selection.client)}")
    if selection.created_after is not None:
        said.append(f"died after {_moment(selection.created_after)}")
    if selection.created_before is not None:
        said.append(f"died before {_moment(selection.created_before)}")
    return ", ".join(said) or "all that wait"


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _name(client: str) -> str:
    user = get_user_model()._default_manager.filter(pk=client).first()
    return user.get_username() if user is not None else client
