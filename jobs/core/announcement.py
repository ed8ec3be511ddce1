"""What is announced about watched jobs, as Redis carries it."""

from typing import NamedTuple
from uuid import UUID

FINAL, CHANGED = "final", "changed"


class Announcement(NamedTuple):
    """These jobs have changed, or, if `is_final`, have ended."""

    job_ids: tuple[UUID, ...]
    is_final: bool

    @classmethod
    def decode(cls, text: str) -> "Announcement":
        """The announcement `final <id> <id>` or `changed <id> <id>`; raises ValueError."""
        kind, *job_ids = text.split(" ")
        if kind not in (FINAL, CHANGED):
            raise ValueError(f"{kind[:20]!r} is no announcement")
        return cls(tuple(map(UUID, job_ids)), kind == FINAL)
