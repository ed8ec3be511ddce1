"""What travels through Redis: ids and keys, never payloads (promise I9 in `docs/guarantees.md`)."""

from typing import NamedTuple
from uuid import UUID

_ID_LENGTH = 36


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
        """`<id>` or `<id> <effect key>`: what lies in the list of its queue and priority."""
        key = self.effect_key
        return f"{self.job_id} {key}" if can_be_shared(key) else key

    @classmethod
    def decode(cls, text: str, queue: str, priority: int) -> "QueueMessage":
        """The message that `encode` made; raises `ValueError` for anything else."""
        job_id = UUID(text[:_ID_LENGTH])
        if len(text) == _ID_LENGTH:
            return cls(job_id, text, queue, priority)
        if text[_ID_LENGTH : _ID_LENGTH + 1] != " ":
            raise ValueError(f"not a queue message: {text[:80]!r}")
        return cls(job_id, text[_ID_LENGTH + 1 :], queue, priority)


class Fetched(NamedTuple):
    """A message taken out of Redis, with the cache mark that its effect key had before.

    `cache_mark` is empty where this fetch set it, else `claimed:<job id>` or `done:<job id>`.
    """

    message: QueueMessage
    cache_mark: str

    @property
    def already_done(self) -> bool:
        """Whether this job has succeeded: it was dispatched twice."""
        return bool(self.cache_mark) and self.cache_mark == f"done:{self.message.job_id}"

    @property
    def has_key_conflict(self) -> bool:
        """Whether the cache mark names another job. PostgreSQL decides who owns the key."""
        return bool(self.cache_mark) and not self.cache_mark.endswith(f":{self.message.job_id}")
