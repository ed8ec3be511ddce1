"""What travels through Redis: ids and keys, never payloads (promise I9 in `docs/guarantees.md`)."""

import re
from typing import NamedTuple
from uuid import UUID

from jobs.core.ids import uuid_of

_ID_LENGTH = 36
# `<id>`, then `@<stamp>`, then an effect key; only the id is always there. Milliseconds since 1970
# have 13 digits; more than 15 are no stamp. A key begins with the name of a type or with a colon,
# so that none looks like a stamp.
_ENTRY = re.compile(
    "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    "(?: @([0-9]{1,15})(?= .|$))?"
    "(?: (.*))?",
    re.DOTALL | re.ASCII,
)


def can_be_shared(effect_key: str) -> bool:
    """Whether several jobs can have this effect key.

    Such a key has a colon (jobs/core/effect_key.py). The others are the job's own id.
    """
    return ":" in effect_key


class QueueMessage(NamedTuple):
    """What is dispatched for one job. `effect_key` is its own id unless jobs can share the key."""

    job_id: UUID
    effect_key: str
    queue: str
    priority: int

    @property
    def id_text(self) -> str:
        """The id as text, without formatting it where it is the effect key."""
        return str(self.job_id) if can_be_shared(self.effect_key) else self.effect_key

    def encode(self) -> str:
        """`<id>` or `<id> <effect key>`: a member of the delayed set, and an entry before stamps.

        Redis puts the stamp behind the id when the message comes into its list.
        """
        key = self.effect_key
        return f"{self.job_id} {key}" if can_be_shared(key) else key


class Entry(NamedTuple):
    """A message as it lies in the list of its queue and priority.

    `stamp`: when it was dispatched, in milliseconds since 1970 by the clock of Redis; None where
    that is unknown, as in the entries of versions before there were stamps.
    """

    message: QueueMessage
    stamp: int | None = None

    def encode(self) -> str:
        """`<id> @<stamp>` or `<id> @<stamp> <effect key>`; without a stamp, as the message."""
        text = self.message.encode()
        if self.stamp is None:
            return text
        return f"{text[:_ID_LENGTH]} @{self.stamp}{text[_ID_LENGTH:]}"

    @classmethod
    def decode(cls, text: str, queue: str, priority: int) -> "Entry":
        """The entry that `encode` made; raises `ValueError` for anything else."""
        if (parts := _ENTRY.fullmatch(text)) is None:
            raise ValueError(f"not an entry: {text[:80]!r}")
        id_text, stamp, key = parts.groups()
        if key and not can_be_shared(key):
            raise ValueError(f"not an entry, whose key is none: {text[:80]!r}")
        message = QueueMessage(uuid_of(id_text), key or id_text, queue, priority)
        return cls(message, int(stamp) if stamp else None)


class Fetched(NamedTuple):
    """A message taken out of Redis, with the cache mark that its effect key had before.

    `cache_mark` is empty where this fetch set it, or where no other job can have the key; else
    `claimed:<job id>` or `done:<job id>`. `stamp`: that of its entry.
    """

    message: QueueMessage
    cache_mark: str = ""
    stamp: int | None = None

    @property
    def entry(self) -> Entry:
        """The entry that was fetched, to be returned to the head of its list."""
        return Entry(self.message, self.stamp)

    @property
    def already_done(self) -> bool:
        """Whether this job has succeeded: it was dispatched twice."""
        return bool(self.cache_mark) and self.cache_mark == f"done:{self.message.job_id}"

    @property
    def has_key_conflict(self) -> bool:
        """Whether the cache mark names another job. PostgreSQL decides who owns the key."""
        return bool(self.cache_mark) and not self.cache_mark.endswith(f":{self.message.job_id}")
