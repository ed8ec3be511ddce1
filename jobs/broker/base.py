"""What the rest of the app knows of Redis."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from jobs.core.message import Fetched, QueueMessage

ListName = tuple[str, int]
"""A queue and a priority: one Redis list."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages wait: in each list, and in the delayed set, which all queues share."""

    ready: dict[ListName, int]
    delayed: int


class Broker(Protocol):
    """Takes the ids of jobs that may run, and hands them out.

    Every method raises `BrokerUnavailable` where Redis does not answer or refuses the command,
    and then may or may not have taken effect: what is lost is dispatched again, and what is there
    twice is claimed once. The first six methods are hot.
    """

    def dispatch(self, messages: Sequence[QueueMessage]) -> None:
        """Puts messages at the end of their lists, in this order."""
        ...

    def push_back(self, messages: Sequence[QueueMessage]) -> None:
        """Returns messages to the head of their lists, so that they come out in this order."""
        ...

    def dispatch_later(self, messages: Sequence[tuple[QueueMessage, float]]) -> None:
        """Puts messages into the delayed set; each is due in this many seconds from now.

        A message that is there already gets the new moment.
        """
        ...

    def promote_due(self, limit: int) -> int:
        """Moves up to `limit` delayed messages that are due to their lists, those that have been
        due longest first; returns how many."""
        ...

    def fetch(self, queues: Sequence[str], limit: int) -> list[Fetched]:
        """Takes up to `limit` messages, most urgent first, and marks their effect keys as claimed.

        Within a priority the queues are emptied in the order given. Each message comes with the
        cache mark that its key had before. Raises where `check_writable` would: with a Redis that
        refuses dispatches, empty lists do not mean that no job waits.
        """
        ...

    def wait(self, queues: Sequence[str], timeout_seconds: float) -> QueueMessage | None:
        """Blocks until a message can be taken, and takes it; None after at most `timeout_seconds`.

        Sets no cache mark.
        """
        ...

    def mark_done(self, done: Sequence[tuple[str, UUID]]) -> None:
        """Sets a cache mark for each effect key: which job has done the effect."""
        ...

    def clear_cache_marks(self, effect_keys: Iterable[str]) -> None:
        """Removes cache marks that PostgreSQL contradicts."""
        ...

    def next_out(self, queues: Sequence[str]) -> dict[ListName, UUID | None]:
        """The id of the next job to come out of each list; None where the list is empty.

        A list whose next entry is no message is left out: what lies behind it is unknown.
        """
        ...

    def check_writable(self) -> None:
        """Returns if a dispatch would be accepted now. A Redis that is full, or a replica, answers
        `ping` and refuses dispatches."""
        ...

    def depth(self, queues: Sequence[str]) -> Depth:
        """How many messages wait in these queues, and how many are delayed in all queues."""
        ...

    def waiting_messages(self, queues: Sequence[str]) -> Iterator[list[QueueMessage]]:
        """Every message that waits, delayed ones of every queue included, in slices.

        A message that waits all the time is seen; one that moves meanwhile may be seen twice.
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
