"""How deep queues may become before clients are asked to wait, as operators write it."""

import re
from collections.abc import Sequence
from functools import lru_cache

from jobs.core.errors import JobsError

_LIMIT = re.compile(r"[0-9]{1,10}")
_EXAMPLE = "for example 1000000,emails:50000"


class QueueFull(JobsError):
    """The queue is too deep: it takes no more jobs from clients at this moment."""

    def __init__(self, queue: str, limit: int) -> None:
        super().__init__(
            f"the queue {queue} has {limit:,} jobs or more that wait for a worker, and takes no "
            "more at the moment; nothing was accepted: send it again later"
        )
        self.queue = queue


def depth_limits(entries: Sequence[str], queues: Sequence[str]) -> dict[str, int]:
    """The limit of each queue that has one.

    An entry is `name:limit`, or a limit for all the others. Raises ValueError with one sentence.
    """
    return dict(_depth_limits(tuple(entries), tuple(queues)))


@lru_cache(maxsize=8)
def _depth_limits(entries: tuple[str, ...], queues: tuple[str, ...]) -> dict[str, int]:
    limits: dict[str, int] = {}
    for entry in entries:
        name, colon, limit = entry.rpartition(":")
        if not _LIMIT.fullmatch(limit) or int(limit) < 1:
            raise ValueError(f"{entry[:80]!r} has no limit of 1 or more, {_EXAMPLE}")
        if colon and name not in queues:
            raise ValueError(f"{name[:80]!r} is no queue; choose from {', '.join(queues)}")
        if name in limits:
            raise ValueError(f"{name[:80] or 'the limit of all'!r} is given twice")
        limits[name] = int(limit)
    others = limits.pop("", None)
    return {name: others for name in queues if others is not None} | limits
