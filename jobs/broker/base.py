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
    """How many ids wait: in each list, and in the delayed set as a whole."""

    ready: dict[ListName, int]
    delayed: int


class Broker(Protocol):
    """Takes the ids of jobs that may run, and hands them out. The first six methods are hot."""

    def dispatch(self, messages: Sequence[QueueMessage]) -> None:
        """Puts ids at the end of their lists."""
        ...

    def push_back(self, messages: Sequence[QueueMessage]) -> None:
        """Returns ids to the head of their lists, so that they come out in this order."""
        ...

    def dispatch_later(self, messages: Sequence[tuple[QueueMessage, float]]) -> None:
        """Puts ids into the delayed set; each is due in this many seconds from now."""
        ...

    def promote_due(self, limit: int) -> int:
        """Moves up to `limit` delayed ids that are due to their lists; returns how many."""
        ...

    def fetch(self, queues: Sequence[str], limit: int) -> list[Fetched]:
        """Takes up to `limit` ids, most urgent first, and marks their effect keys as claimed.

        Within a priority the queues are emptied in the order given. Where `check_writable` would
        raise, this does: no job could be dispatched, so that what comes out is not all there is.
        """
        ...

    def wait(self, queues: Sequence[str], timeout_seconds: float) -> QueueMessage | None:
        """Blocks until an id can be taken, or the time is over. Sets no cache mark."""
        ...

    def mark_done(self, done: Sequence[tuple[str, UUID]]) -> None:
        """Sets a cache mark for each effect key: which job has done the effect."""
        ...

    def clear_cache_marks(self, effect_keys: Iterable[str]) -> None:
        """Removes cache marks that PostgreSQL contradicts."""
        ...

    def next_out(self, queues: Sequence[str]) -> dict[ListName, UUID | None]:
        """The next id to come out of each list; None where it is empty.

        A list whose next entry is no message is left out: nothing is known of what is behind it.
        """
        ...

    def check_writable(self) -> None:
        """Returns if a dispatch would be taken now: a Redis that is full, or a replica, answers
        and refuses it."""
        ...

    def depth(self, queues: Sequence[str]) -> Depth:
        """How many ids wait."""
        ...

    def waiting_messages(self, queues: Sequence[str]) -> Iterator[list[QueueMessage]]:
        """Everything that waits, delayed ids of every queue included, in slices.

        What waits all the time is seen; what moves meanwhile may be seen twice.
        """
        ...

    def done_cache_marks(self) -> Iterator[list[tuple[str, UUID]]]:
        """Effect keys and the jobs that have done them, as cache marks say, in slices."""
        ...

    def ping(self) -> None:
        """Returns if Redis answers."""
        ...

    def forget_everything(self) -> None:
        """Removes all keys of this prefix. What PostgreSQL knows is dispatched again."""
        ...
