"""What the rest of the app knows of Redis."""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from jobs.core.announcement import Announcement
from jobs.core.fetch_order import ListName, Portion
from jobs.core.message import Fetched, QueueMessage

__all__ = ["Broker", "Depth", "ListName", "ServerFacts", "Subscription"]


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages wait: in each list, and in the delayed set, which all queues share."""

    ready: dict[ListName, int]
    delayed: int


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What the server says of itself. `max_bytes`: 0 where its memory has no limit."""

    version: str
    eviction_policy: str
    used_bytes: int
    max_bytes: int

    @property
    def has_evicting_policy(self) -> bool:
        """Whether it may drop keys at random once its memory is full."""
        return self.eviction_policy not in ("noeviction", "unknown")


class Subscription(Protocol):
    """The announcements that come in after `Broker.subscribe` has returned; for one thread."""

    def next(self, seconds: float) -> Announcement | None:
        """The next one; None if none comes within `seconds`, or what comes is none.

        Raises `BrokerUnavailable`: then announcements may have been missed.
        """
        ...

    def close(self) -> None:
        """Ends the subscription."""
        ...


class Broker(Protocol):
    """Takes the ids of jobs that may run, and hands them out.

    Every method raises `BrokerUnavailable` where Redis does not answer or refuses the command,
    and then may or may not have taken effect: what is lost is dispatched again, and what is there
    twice is claimed once. The first eight methods are hot.
    """

    def dispatch(
        self,
        messages: Sequence[QueueMessage],
        *,
        age_seconds: float = 0.0,
        is_repeated: bool = False,
    ) -> None:
        """Puts messages at the end of their lists, in this order.

        Each entry is stamped with the moment of its dispatch, `age_seconds` ago. `is_repeated`:
        messages that are in the delayed set are taken out of it, so that they do not come twice.
        """
        ...

    def push_back(self, fetched: Sequence[Fetched]) -> None:
        """Returns entries to the head of their lists as they were, so that they come out in this
        order."""
        ...

    def return_claimed(self, claimed: Sequence[tuple[QueueMessage, float]]) -> None:
        """Returns messages to the head of their lists, so that they come out in this order.

        For jobs that were claimed and did not begin: each with the seconds since the dispatch that
        its row tells. None gets a later stamp than the entry behind it.
        """
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
        cache mark that its key had before; a key that no other job can have is neither marked nor
        looked up. A full Redis loses cache marks first, then entries. Raises where `check_writable`
        would: with a Redis that refuses dispatches, empty lists do not mean that no job waits.
        """
        ...

    def fetch_portions(self, portions: Sequence[Portion], limit: int) -> list[Fetched]:
        """The same by an order of the caller's, who says from which lists, and how many of each.

        Takes up to `limit` entries of all portions together.
        """
        ...

    def wait(self, queues: Sequence[str], timeout_seconds: float) -> Fetched | None:
        """Blocks until a message can be taken, and takes it; None after at most `timeout_seconds`.

        Neither sets nor reads a cache mark.
        """
        ...

    def mark_done(self, done: Sequence[tuple[str, UUID]]) -> None:
        """Sets a cache mark for each effect key: which job has done the effect."""
        ...

    def clear_cache_marks(self, effect_keys: Iterable[str]) -> None:
        """Removes cache marks that PostgreSQL contradicts."""
        ...

    def watch(self, job_ids: Collection[UUID], seconds: float) -> None:
        """Changes of these jobs are announced for `seconds` from now, or until it is
        announced that they are final."""
        ...

    def announce(
        self,
        *,
        final: Collection[UUID] = (),
        changed: Collection[UUID] = (),
        may_miss_new: bool = False,
    ) -> None:
        """Tells every subscription which of these jobs, if they are watched, are final and which
        have changed.

        While no job is watched this is one command. With `may_miss_new` it is one command a second
        at most, and a job that is watched for less than a second may be left out.
        """
        ...

    def subscribe(self) -> Subscription:
        """A subscription to what is announced from now on."""
        ...

    def head_ages(self, queues: Sequence[str]) -> dict[ListName, float | None]:
        """How many seconds ago the next entry to come out of each list was dispatched, by its
        stamp; None where the list is empty.

        A list is left out if that entry has no stamp that can be read: what lies behind it is
        unknown.
        """
        ...

    def check_writable(self) -> None:
        """Returns if a dispatch would be accepted now. A Redis that is full, or a replica, answers
        `ping` and refuses dispatches."""
        ...

    def depth(self, queues: Sequence[str]) -> Depth:
        """How many messages wait in these queues, and how many are delayed in all queues."""
        ...

    def head_jobs(self, queues: Sequence[str]) -> dict[ListName, UUID]:
        """The job of the next entry to come out of each list that has one that can be read."""
        ...

    def waiting_messages(
        self, queues: Sequence[str], *, due_within_seconds: float = math.inf
    ) -> Iterator[list[QueueMessage]]:
        """Every message that waits, in slices; delayed ones of every queue, if due so soon.

        A message that waits all the time is seen; one that moves meanwhile may be seen twice.
        """
        ...

    def done_cache_marks(self) -> Iterator[list[tuple[str, UUID]]]:
        """Effect keys and the jobs that have done them, as cache marks say, in slices."""
        ...

    def ping(self) -> None:
        """Returns if Redis answers.

        Raises BrokerUnsuitable for a node of a cluster, and where TLS does not fit.
        """
        ...

    def server_facts(self) -> ServerFacts:
        """The server's version and memory, and what it does when that is full."""
        ...

    def wrong_types(self, queues: Sequence[str]) -> list[str]:
        """The keys of these queues, and those of all queues, whose type is not the one that they
        should have: one sentence each. Nothing of ours is in them."""
        ...

    def remove_wrong_types(self, queues: Sequence[str]) -> int:
        """Removes such keys; returns how many. The hot methods do so where they meet one."""
        ...

    def note_moment(self, moment: datetime) -> None:
        """Notes the present moment of PostgreSQL: either may be restored to an earlier one."""
        ...

    def noted_moment(self) -> datetime | None:
        """What was noted last, in UTC; None if nothing was, or if it cannot be read."""
        ...

    def remove_jobs(self, queues: Sequence[str], job_ids: Collection[UUID]) -> None:
        """Takes these jobs out of the queues and the delayed set. A list that holds many of them is
        removed as a whole: the others have to be dispatched again."""
        ...

    def forget_everything(self) -> None:
        """Removes all keys of this prefix. What PostgreSQL knows is dispatched again."""
        ...
