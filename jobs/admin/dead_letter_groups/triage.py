"""What a person says about a group on its page: whose it is, that it can wait, and notes.

Each raises DeadLetter.DoesNotExist; to assign also UnknownPerson.
"""

from collections.abc import Callable

from django.http import HttpRequest

from jobs.admin.shared.reason import text_in
from jobs.core.actor import actor_of
from jobs.services.dead_letter_groups import group_assign, group_mute, group_note, group_unmute

NOTE_MAX, GROWTH_MAX = 2_000, 1_000_000


def _assign(request: HttpRequest, fingerprint: str) -> str:
    name = text_in(request, "assigned_to", most=254)
    group_assign(fingerprint=fingerprint, assigned_to=name, actor=actor_of(request.user))
    return f"Assigned to {name}." if name else "Assigned to nobody."


def _mute(request: HttpRequest, fingerprint: str) -> str:
    growth = text_in(request, "growth", most=10)
    number = min(int(growth), GROWTH_MAX) if growth.isascii() and growth.isdecimal() else 0
    if number < 1:
        return "Nothing was changed: say by how many it is to grow."
    group_mute(
        fingerprint=fingerprint,
        growth=number,
        actor=actor_of(request.user),
        reason=text_in(request),
    )
    return f"Muted until {number:,} more wait."


def _unmute(request: HttpRequest, fingerprint: str) -> str:
    group_unmute(fingerprint=fingerprint, actor=actor_of(request.user), reason=text_in(request))
    return "Shown again."


def _note(request: HttpRequest, fingerprint: str) -> str:
    note = text_in(request, "note", most=NOTE_MAX)
    if not note:
        return "Nothing was kept: the note is empty."
    group_note(fingerprint=fingerprint, note=note, actor=actor_of(request.user))
    return "The note is kept."


DECISIONS: dict[str, Callable[[HttpRequest, str], str]] = {
    "assign": _assign,
    "mute": _mute,
    "unmute": _unmute,
    "note": _note,
}
"""By the name in the form; each returns what the person is told."""
