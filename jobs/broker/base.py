"""What the rest of the app knows of Redis. Every method raises `BrokerUnavailable`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from jobs.core.message import Fetched, QueueMessage

ListName = tuple[str, int]
"""A queue and a priority: one Redis list."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How many ids wait: for each list, and delayed ones in all."""

    ready: dict[ListName, int]
    delayed: int


class Broker(Protocol):
    """Rings, and hands out what was rung."""

    def dispatch(self, messages: Sequence[QueueMessage]) -> None:
        """Puts ids at the end of their lists."""
        ...

    def push_back(self, messages: Sequence[QueueMessage]) -> None:
        """Puts ids back at the head of their lists, the first one foremost: they were next."""
        ...

    def dispatch_later(self, messages: Sequence[tuple[QueueMessage, float]]) -> None:
        """Rings each message so many seconds from now."""
        ...

    def promote_due(self, limit: int) -> int:
        """Moves delayed messages that are due to their lists; returns how many."""
        ...

    def fetch(self, queues: Sequence[str], limit: int) -> list[Fetched]:
        """Takes up to `limit` ids, most urgent first, and marks their effect keys as claimed.

        Within a priority the queues are emptied in the order given. Where `check_writable` would
        raise, this does: no job could be dispatched, so that what comes out is not all there is.
        """
        ...

    def wait(self, queues: Sequence[str], timeout_seconds: float) -> QueueMessage | None:
        """Blocks until an id can be popped, or the timeout is over."""
        ...

    def mark_done(self, done: Sequence[tuple[str, UUID]]) -> None:
        """Notes for each effect key the job that has done it (L1)."""
        ...

    def clear_cache_marks(self, effect_keys: Iterable[str]) -> None:
        """Forgets what the ledger contradicts (L1)."""
        ...

    def next_out(self, queues: Sequence[str]) -> dict[ListName, UUID | None]:
        """The next id to come out of each list; None where it is empty."""
        ...

    def check_writable(self) -> None:
        """Returns if a ring would be taken now: one that is full or read-only still answers."""
        ...

    def depth(self, queues: Sequence[str]) -> Depth:
        """How many ids wait."""
        ...

    def waiting_messages(self, queues: Sequence[str]) -> Iterator[list[QueueMessage]]:
        """Everything that waits, delayed ones of every queue included, in slices.

        What waits all the time is seen; what moves meanwhile may be seen twice.
        """
        ...

    def done_cache_marks(self) -> Iterator[list[tuple[str, UUID]]]:
        """Effect keys and the jobs that have done them, as L1 says, in slices."""
        ...

    def ping(self) -> None:
        """Returns if Redis answers."""
        ...

    def forget_everything(self) -> None:
        """Loses all that is known here; the reconciler rings again for what the ledger knows."""
        ...
