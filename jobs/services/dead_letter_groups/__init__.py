"""Waiting dead letters, grouped by the fingerprint of their error."""

from jobs.services.dead_letter_groups.discard import GroupDiscarded, group_discard
from jobs.services.dead_letter_groups.groups import (
    Called,
    Group,
    Groups,
    group_called,
    group_of,
    groups_now,
)
from jobs.services.dead_letter_groups.triage import (
    group_assign,
    group_mute,
    group_note,
    group_unmute,
)

__all__ = [
    "Called",
    "Group",
    "GroupDiscarded",
    "Groups",
    "group_assign",
    "group_called",
    "group_discard",
    "group_mute",
    "group_note",
    "group_of",
    "group_unmute",
    "groups_now",
]
