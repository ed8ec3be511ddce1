"""What travels through Redis: ids and keys, never payloads (promise I9 in `docs/guarantees.md`)."""

from typing import NamedTuple
from uuid import UUID

_ID_LENGTH = 36
# Milliseconds since 1970 have 13; more than this are no stamp.
_STAMP_DIGITS = 15


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
        id_text, rest = text[:_ID_LENGTH], text[_ID_LENGTH:]
        job_id = UUID(id_text)
        if len(id_text) < _ID_LENGTH:  # UUID also takes an id without its dashes
            raise ValueError(f"not an entry: {text[:80]!r}")
        if rest[:1] not in ("", " "):
            raise ValueError(f"not an entry: {text[:80]!r}")
        stamp, key = _stamp_and_key(rest[1:])
        return cls(QueueMessage(job_id, key or id_text, queue, priority), stamp)


def _stamp_and_key(text: str) -> tuple[int | None, str]:
    """The parts of `@<stamp>`, `@<stamp> <effect key>`, or `<effect key>` without a stamp.

    A key begins with the name of a type or with a colon, so that none looks like a stamp.
    """
    if text[:1] == "@":
        digits, space, key = text[1:].partition(" ")
        if digits.isdecimal() and len(digits) <= _STAMP_DIGITS and (key or not space):
            return int(digits), key
    return None, text


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
