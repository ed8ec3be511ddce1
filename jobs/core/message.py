"""What travels through Redis: ids and keys, never payloads (design invariant I9)."""

from typing import NamedTuple
from uuid import UUID

_ID_LENGTH = 36


def can_be_shared(effect_key: str) -> bool:
    """Whether jobs can share it: it says `<type>:<key>`, where a job's own id has no colon."""
    return ":" in effect_key


class QueueMessage(NamedTuple):
    """A ring for one job. `effect_key` is the job's own id unless jobs can share the effect."""

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
        if text[_ID_LENGTH] != " ":
            raise ValueError(f"not a queue message: {text[:80]!r}")
        return cls(job_id, text[_ID_LENGTH + 1 :], queue, priority)


class Fetched(NamedTuple):
    """A message taken out of Redis, with what the L1 mark of its key said before.

    `mark` is empty where this fetch set it, else `claimed:<job id>` or `done:<job id>`.
    """

    message: QueueMessage
    cache_mark: str

    @property
    def already_done(self) -> bool:
        """This very job has succeeded: the ring was a duplicate."""
        return bool(self.cache_mark) and self.cache_mark == f"done:{self.message.job_id}"

    @property
    def has_key_conflict(self) -> bool:
        """Another job holds the key, says the mark; the ledger decides."""
        return bool(self.cache_mark) and not self.cache_mark.endswith(f":{self.message.job_id}")
