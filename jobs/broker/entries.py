"""Entries of lists, of the delayed set and of cache marks, read back. Junk is dropped."""

import logging
from uuid import UUID

from jobs.broker.base import ListName
from jobs.core.message import Entry, QueueMessage

logger = logging.getLogger(__name__)


def entry_of(text: str, name: ListName) -> Entry | None:
    """The entry of this list that is written so; None if it holds no message.

    A job whose entry was damaged is dispatched again in time.
    """
    try:
        return Entry.decode(text, *name)
    except ValueError:
        logger.warning(
            "Dropped %r from list %s: not a message",
            text[:80],
            name,
            extra={"event": "message.dropped", "queue": name[0], "priority": name[1]},
        )
        return None


def delayed_message_of(member: str) -> QueueMessage | None:
    """The message in a member of the delayed set, as `Keys.delayed_member` made it; else None."""
    queue, _, rest = member.partition(":")
    priority, _, text = rest.partition(":")
    entry = entry_of(text, (queue, int(priority))) if priority.isdigit() else None
    return entry.message if entry else None


def job_id_of(text: str) -> UUID | None:
    """The job's id in a cache mark; None if there is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
